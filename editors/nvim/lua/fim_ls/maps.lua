--- `<Plug>` maps for everything, and default keys for those who ask for them (`setup { default_maps = true }`).
local M = {}

---@class fim_ls.Map
---@field plug string
---@field key string
---@field does string what it calls of `fim_ls`, with what
---@field needs_ghost? boolean does nothing without ghost text: then the key is what it was before
---@field says string

---@type fim_ls.Map[]
M.MAPS = {
  { plug = 'FimAccept', key = '<Tab>', does = 'accept()', needs_ghost = true, says = 'Accept the ghost text' },
  { plug = 'FimAcceptWord', key = '<M-Right>', does = 'accept("word")', needs_ghost = true, says = 'Accept a word of it' },
  { plug = 'FimAcceptLine', key = '<M-C-Right>', does = 'accept("line")', needs_ghost = true, says = 'Accept a line of it' },
  { plug = 'FimNext', key = '<M-]>', does = 'next()', needs_ghost = true, says = 'Show the next candidate' },
  { plug = 'FimPrevious', key = '<M-[>', does = 'previous()', needs_ghost = true, says = 'Show the candidate before' },
  { plug = 'FimDismiss', key = '<C-]>', does = 'dismiss()', needs_ghost = true, says = 'Take the ghost text away' },
  { plug = 'FimTrigger', key = [[<M-\>]], does = 'trigger()', says = 'Ask for ghost text now' },
}

---@param map fim_ls.Map
---@return string
local function keys_of(map)
  return ("<Cmd>lua require('fim_ls').%s<CR>"):format(map.does)
end

function M.define()
  for _, map in ipairs(M.MAPS) do
    vim.keymap.set('i', ('<Plug>(%s)'):format(map.plug), keys_of(map), { desc = map.says })
  end
end

--- The map that a key has in all buffers.
---@param key string
---@return vim.api.keyset.get_keymap? map
local function map_of(key)
  local raw = vim.keycode(key)
  for _, map in ipairs(vim.api.nvim_get_keymap('i')) do
    if vim.keycode(map.lhs) == raw then
      return map
    end
  end
end

local run = {} ---@type table<string, fun()> the functions that keys were mapped to, by key

--- Run the function that a key was mapped to before.
---@param key string
function M.run_before(key)
  run[key]()
end

--- Keys as an expression map returns them. Neovim escapes the byte 128 again, which characters may have in them.
---@param notation string such as "<Tab>"
---@return string
local function raw_keys(notation)
  return (vim.keycode(notation):gsub('\128\254X', '\128'))
end

--- Evaluate an expression map that the key had before, and return the keys it gives.
---@param map vim.api.keyset.get_keymap
---@return string keys
local function evaluate(map)
  local keys = map.callback and map.callback() or ''
  if not map.callback then
    keys = vim.api.nvim_eval(raw_keys(map.rhs)) -- Neovim lists `<` as `<lt>`.
  end
  keys = type(keys) == 'string' and keys or tostring(keys)
  return map.replace_keycodes == 1 and raw_keys(keys) or keys
end

--- Return a function that gives the keys of the map that a key had before, or the key itself.
---@param key string
---@param map? vim.api.keyset.get_keymap of before
---@return fun(): string
local function before(key, map)
  if not map then
    return function()
      return raw_keys(key)
    end
  elseif map.expr == 1 then
    return function()
      return evaluate(map)
    end
  elseif map.callback then
    run[key] = map.callback
    local keys = vim.keycode(("<Cmd>lua require('fim_ls.maps').run_before(%q)<CR>"):format((key:gsub('<', '<lt>'))))
    return function()
      return keys
    end
  end
  return function()
    return raw_keys(map.rhs)
  end
end

local mapped = {} ---@type table<string, boolean> by key

--- Map the default keys; each does what it did before where there is no ghost text to do it to.
--- A map of before keeps its nature: whether its keys are mapped again, and whether that is seen.
function M.map_defaults()
  for _, map in ipairs(M.MAPS) do
    if not mapped[map.key] then
      mapped[map.key] = true
      local old = map_of(map.key)
      local plug, otherwise = vim.keycode(('<Plug>(%s)'):format(map.plug)), before(map.key, old)
      vim.keymap.set('i', map.key, function()
        return (not map.needs_ghost or require('fim_ls').visible()) and plug or otherwise()
      end, {
        expr = true,
        replace_keycodes = false,
        remap = old ~= nil and old.noremap == 0,
        silent = old ~= nil and old.silent == 1,
        nowait = old ~= nil and old.nowait == 1,
        desc = map.says,
      })
    end
  end
end

return M
