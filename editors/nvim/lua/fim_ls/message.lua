--- Messages that come by themselves. In insert mode one that is longer than the screen is wide would stop the user with
--- Neovim's prompt "Press ENTER or type command to continue".
local M = {}

---@param text string
---@param command string that says the rest
---@return string text in one line that fits
local function fitted(text, command)
  local more = ' … :' .. command
  local room = vim.v.echospace
  text = text:gsub('%s*\n%s*', ' ')
  if vim.fn.strdisplaywidth(text) <= room then
    return text
  end
  return vim.fn.strcharpart(text, 0, math.max(0, room - vim.fn.strdisplaywidth(more))) .. more
end

--- Tell the user something.
---@param text string
---@param level? integer of `vim.log.levels`
---@param command? string that says the rest where the text has to be cut; default: FimStatus
function M.tell(text, level, command)
  local is_typing = vim.api.nvim_get_mode().mode:match('^i') ~= nil
  vim.notify(is_typing and fitted(text, command or 'FimStatus') or text, level)
end

-- LSP's MessageType, from 1 on.
local LEVELS = { vim.log.levels.ERROR, vim.log.levels.WARN, vim.log.levels.INFO, vim.log.levels.INFO, vim.log.levels.DEBUG }

--- Tell what the server has to say (`window/showMessage`).
---@param params { type: integer, message: string }
function M.receive(params)
  M.tell('FIM: ' .. params.message:gsub('^FIM: ', ''), LEVELS[params.type])
end

return M
