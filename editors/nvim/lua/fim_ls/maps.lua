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

--- What a key did before it was mapped here: an expression that other map gives, or the key itself.
---@param key string
---@return fun(): string
local function before(key)
  local map = vim.fn.maparg(key, 'i', false, true)
  if map.callback and map.expr == 1 then
    return map.callback
  elseif map.callback then
    return function()
      vim.schedule(map.callback)
      return ''
    end
  elseif map.rhs and map.expr == 0 then
    return function()
      return map.rhs
    end
  end
  return function()
    return key
  end
end

--- Map the default keys; each does what it did before where there is no ghost text to do it to.
function M.map_defaults()
  for _, map in ipairs(M.MAPS) do
    local otherwise = before(map.key)
    vim.keymap.set('i', map.key, function()
      return (not map.needs_ghost or require('fim_ls').visible()) and keys_of(map) or otherwise()
    end, { expr = true, desc = map.says })
  end
end

return M
