--- Keeps what the server has open in step with the buffers' names.
---
--- Neovim (0.11 to 0.12.4) tells a server of a new name only where a buffer that had one is saved under another:
--- `:write NAME` in a buffer without a name and `:file NAME` go on with changes of a document that was never opened.
--- All buffers without a name have the same address, too. In these cases the buffer is opened anew.
local M = {}

---@type table<integer, string> by buffer: the address under which the server has it
local opened = {}

---@param buffer integer
---@param client vim.lsp.Client
local function open_again(buffer, client)
  if opened[buffer] ~= vim.uri_from_bufnr(buffer) then
    -- Detaching closes the document of the new name: that of the old one would stay open.
    client:notify('textDocument/didClose', { textDocument = { uri = opened[buffer] } })
  end
  vim.lsp.buf_detach_client(buffer, client.id)
  vim.lsp.buf_attach_client(buffer, client.id)
end

--- Is another buffer open under the address of this one? Its changes are changes of the same document, then.
---@param buffer integer
---@return boolean
local function is_shared(buffer)
  for other, uri in pairs(opened) do
    if other ~= buffer and uri == opened[buffer] then
      return true
    end
  end
  return false
end

--- Is this client ours?
---@param id integer
---@return boolean
local function is_ours(id)
  local client = vim.lsp.get_client_by_id(id)
  return client ~= nil and client.name == require('fim_ls').NAME
end

--- Take note that the server was told of a buffer.
---@param buffer integer
function M.note_attached(buffer)
  opened[buffer] = vim.uri_from_bufnr(buffer)
end

--- Watch the names of all buffers.
---@param group integer of the autocommands
function M.watch(group)
  vim.api.nvim_create_autocmd({ 'BufFilePost', 'BufAdd', 'BufWritePost', 'InsertEnter' }, {
    group = group,
    desc = 'Tell the server of a new name',
    callback = function(event)
      local buffer = event.buf
      local client = require('fim_ls').client(buffer)
      local is_renamed = opened[buffer] ~= vim.uri_from_bufnr(buffer)
      if client and opened[buffer] and (is_renamed or (event.event == 'InsertEnter' and is_shared(buffer))) then
        open_again(buffer, client)
      end
    end,
  })
  vim.api.nvim_create_autocmd('LspDetach', {
    group = group,
    callback = function(event)
      if is_ours(event.data.client_id) then
        opened[event.buf] = nil
      end
    end,
  })
end

return M
