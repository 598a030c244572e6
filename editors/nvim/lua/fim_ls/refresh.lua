--- `$/fim/refresh`: the server has a better text than the one it answered last, for the place it was last asked at.
--- The ghost text is asked for again, as if by typing, where that is still the place one is typing at.
local M = {}

---@class fim_ls.Refresh
---@field uri string
---@field line integer where the server was asked, in its columns
---@field character integer
---@field version integer of the text it was asked about

-- What the user took away does not come back by itself.
local dismissed = {} ---@type { buffer?: integer, tick?: integer }

--- Take note that the ghost text of the current buffer was dismissed.
function M.note_dismissal()
  local buffer = vim.api.nvim_get_current_buf()
  dismissed = { buffer = buffer, tick = vim.api.nvim_buf_get_changedtick(buffer) }
end

--- Is the user still where the server was asked, with the text as it was, and not done with it?
---@param params fim_ls.Refresh
---@param client vim.lsp.Client
---@return boolean
local function is_still_there(params, client)
  local buffer = vim.api.nvim_get_current_buf()
  if not vim.api.nvim_get_mode().mode:match('^i') or vim.uri_from_bufnr(buffer) ~= params.uri then
    return false
  end
  if dismissed.buffer == buffer and dismissed.tick == vim.api.nvim_buf_get_changedtick(buffer) then
    return false
  end
  local at = vim.lsp.util.make_position_params(0, client.offset_encoding).position
  return vim.lsp.util.buf_versions[buffer] == params.version
    and at.line == params.line
    and at.character == params.character
end

---@param params fim_ls.Refresh
---@param client_id integer
function M.receive(params, client_id)
  local client = vim.lsp.get_client_by_id(client_id)
  if client and is_still_there(params, client) then
    require('fim_ls').backend().refresh()
  end
end

return M
