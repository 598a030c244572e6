--- `<Plug>` maps for everything, and default keys for those who ask for them (`setup { default_maps = true }`).
local M = {}

---@class fim_ls.Map
---@field plug string
---@field modes string[]
---@field key string
---@field does string what it calls of `fim_ls`, with what
---@field needs? string function of `fim_ls`: where it returns false, the key is what it was before
---@field says string

local INSERT = { 'i' }
local BOTH = { 'i', 'n' }

-- Of two maps of one key, the lower one is asked first.
---@type fim_ls.Map[]
M.MAPS = {
  { plug = 'FimAccept', modes = INSERT, key = '<Tab>', does = 'accept()', needs = 'visible', says = 'Accept the ghost text' },
  {
    plug = 'FimAcceptWord',
    modes = INSERT,
    key = '<M-Right>',
    does = 'accept("word")',
    needs = 'visible',
    says = 'Accept a word of it',
  },
  {
    plug = 'FimAcceptLine',
    modes = INSERT,
    key = '<M-C-Right>',
    does = 'accept("line")',
    needs = 'visible',
    says = 'Accept a line of it',
  },
  { plug = 'FimNext', modes = INSERT, key = '<M-]>', does = 'next()', needs = 'visible', says = 'Show the next candidate' },
  {
    plug = 'FimPrevious',
    modes = INSERT,
    key = '<M-[>',
    does = 'previous()',
    needs = 'visible',
    says = 'Show the candidate before',
  },
  { plug = 'FimDismiss', modes = INSERT, key = '<C-]>', does = 'dismiss()', needs = 'visible', says = 'Take the ghost text away' },
  { plug = 'FimTrigger', modes = INSERT, key = [[<M-\>]], does = 'trigger()', says = 'Ask for ghost text now' },
  {
    plug = 'FimNextEdit',
    modes = BOTH,
    key = '<Tab>',
    does = 'take_next_edit()',
    needs = 'next_edit_visible',
    says = 'Go to the next edit, then apply it',
  },
  {
    plug = 'FimDismissNextEdit',
    modes = BOTH,
    key = '<C-]>',
    does = 'dismiss_next_edit()',
    needs = 'next_edit_visible',
    says = 'Take the next edit away',
  },
}

---@param map fim_ls.Map
---@return string
local function keys_of(map)
  return ("<Cmd>lua require('fim_ls').%s<CR>"):format(map.does)
end

function M.define()
  for _, map in ipairs(M.MAPS) do
    vim.keymap.set(map.modes, ('<Plug>(%s)'):format(map.plug), keys_of(map), { desc = map.says })
  end
end

--- The map that a key has in all buffers.
---@param mode string
---@param key string
---@return vim.api.keyset.get_keymap? map
local function map_of(mode, key)
  local raw = vim.keycode(key)
  for _, map in ipairs(vim.api.nvim_get_keymap(mode)) do
    if vim.keycode(map.lhs) == raw then
      return map
    end
  end
end

local run = {} ---@type table<string, fun()> the functions that keys were mapped to, by name of our map and mode

--- Run the function that a key was mapped to before.
---@param name string of our map and its mode
function M.run_before(name)
  run[name]()
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
---@param name string of our map and its mode
---@param key string
---@param map? vim.api.keyset.get_keymap of before
---@return fun(): string
local function before(name, key, map)
  if not map then
    return function()
      return raw_keys(key)
    end
  elseif map.expr == 1 then
    return function()
      return evaluate(map)
    end
  elseif map.callback then
    run[name] = map.callback
    local keys = vim.keycode(("<Cmd>lua require('fim_ls.maps').run_before(%q)<CR>"):format(name))
    return function()
      return keys
    end
  end
  return function()
    return raw_keys(map.rhs)
  end
end

local mapped = {} ---@type table<string, string> the key of each of our maps that has one, by its name

--- Map a default key in one mode. It does what it did before where there is nothing to do it to.
--- A map of before keeps its nature: whether its keys are mapped again, and whether that is seen.
---@param map fim_ls.Map
---@param mode string
local function map_default(map, mode)
  local old = map_of(mode, map.key)
  local plug = vim.keycode(('<Plug>(%s)'):format(map.plug))
  local otherwise = before(map.plug .. mode, map.key, old)
  vim.keymap.set(mode, map.key, function()
    return (not map.needs or require('fim_ls')[map.needs]()) and plug or otherwise()
  end, {
    expr = true,
    replace_keycodes = false,
    remap = old ~= nil and old.noremap == 0,
    silent = old ~= nil and old.silent == 1,
    nowait = old ~= nil and old.nowait == 1,
    desc = map.says,
  })
end

--- Map the default keys.
function M.map_defaults()
  for _, map in ipairs(M.MAPS) do
    if not mapped[map.plug] then
      mapped[map.plug] = map.key
      for _, mode in ipairs(map.modes) do
        map_default(map, mode)
      end
    end
  end
end

--- The default key of a map, as it is written on the keyboard; nil where it is not mapped.
---@param plug string
---@return string?
function M.key_of(plug)
  return mapped[plug] and mapped[plug]:match('^<(.*)>$') or mapped[plug]
end

return M
