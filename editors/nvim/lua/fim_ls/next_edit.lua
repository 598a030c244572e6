--- Next edits (`fim/nextEdit`, docs/protocol.md): what the server offers to change, at the cursor or away from it.
--- One is shown at a time, with the text of the version it was found for; the drawing is in `next_edit_marks.lua`.
local candidate = require('fim_ls.candidate')
local marks = require('fim_ls.next_edit_marks')

local M = {}

local SHOWN = 'textDocument/didShowInlineEdit'

---@class fim_ls.NextEdit
---@field id string
---@field client_id integer
---@field buffer integer
---@field version integer of the buffer's text that it holds for
---@field first fim_ls.Place where the text that is replaced begins
---@field last fim_ls.Place where it ends
---@field lines string[] the new text
---@field command lsp.Command to be run once it was applied
---@field offered_for string the URI of the document that it was offered for

---@class fim_ls.Place
---@field row integer zero-based
---@field col integer in bytes

local shown = nil ---@type fim_ls.NextEdit?

--- The version of a buffer's text, as the server was told it.
---@param buffer integer
---@return integer?
local function version_of(buffer)
  return vim.lsp.util.buf_versions[buffer]
end

---@param buffer integer
---@param position any
---@param encoding string
---@return fim_ls.Place? place nil where the buffer has no such place
local function read_place(buffer, position, encoding)
  if type(position) ~= 'table' or type(position.line) ~= 'number' or type(position.character) ~= 'number' then
    return nil
  end
  local line = vim.api.nvim_buf_get_lines(buffer, position.line, position.line + 1, false)[1]
  if line then
    local col = vim.str_byteindex(line, encoding, position.character, false)
    return col and { row = position.line, col = col }
  end
  if position.line == vim.api.nvim_buf_line_count(buffer) and position.character == 0 then
    -- Behind the last line end, which Neovim keeps to itself: the end of the last line stands for it.
    local last = vim.api.nvim_buf_get_lines(buffer, -2, -1, false)[1] or ''
    return { row = position.line - 1, col = #last }
  end
end

--- Read an edit as the server sends it.
---@param edit any
---@param client vim.lsp.Client
---@param offered_for string the URI of the document that it is offered for
---@return fim_ls.NextEdit? read nil where it is none, or is not of the text that the buffer has now
local function read(edit, client, offered_for)
  if type(edit) ~= 'table' or type(edit.text) ~= 'string' or type(edit.range) ~= 'table' then
    return nil
  end
  local document, command = edit.textDocument, edit.command
  local id = type(command) == 'table' and type(command.arguments) == 'table' and command.arguments[1]
  if type(document) ~= 'table' or type(document.uri) ~= 'string' or type(id) ~= 'string' then
    return nil
  end
  local buffer = vim.uri_to_bufnr(document.uri)
  if not vim.api.nvim_buf_is_loaded(buffer) or version_of(buffer) ~= document.version then
    return nil
  end
  local first = read_place(buffer, edit.range.start, client.offset_encoding)
  local last = read_place(buffer, edit.range['end'], client.offset_encoding)
  if not first or not last or last.row < first.row or (last.row == first.row and last.col < first.col) then
    return nil
  end
  return {
    id = id,
    client_id = client.id,
    buffer = buffer,
    version = document.version,
    first = first,
    last = last,
    lines = vim.split(edit.text:gsub('\r\n?', '\n'), '\n', { plain = true }),
    command = command,
    offered_for = offered_for,
  }
end

--- Is the edit still of the text that its buffer has?
---@param edit fim_ls.NextEdit
---@return boolean
local function holds(edit)
  return vim.api.nvim_buf_is_loaded(edit.buffer) and version_of(edit.buffer) == edit.version
end

--- Is the edit out of sight, or more than a line away from the cursor? Then it is jumped to before it is applied.
---@param edit fim_ls.NextEdit
---@return boolean
local function is_away(edit)
  local row = vim.api.nvim_win_get_cursor(0)[1] - 1
  if vim.api.nvim_get_current_buf() ~= edit.buffer or row < edit.first.row - 1 or row > edit.last.row + 1 then
    return true
  end
  return edit.first.row + 1 < vim.fn.line('w0') or edit.first.row + 1 > vim.fn.line('w$')
end

local function forget()
  marks.erase()
  shown = nil
end

--- Draw the edit that is shown, or forget it where it holds no more. Ghost text goes first: keys are for one thing.
function M.redraw()
  if not shown then
    return
  elseif not holds(shown) then
    forget()
  elseif require('fim_ls').visible() then
    marks.erase()
  else
    marks.draw(shown, is_away(shown))
  end
end

--- Take what the server offers; without an edit, hide the one that was offered for the document.
---@param params any
---@param client_id integer
function M.receive(params, client_id)
  local client = vim.lsp.get_client_by_id(client_id)
  if not client or type(params) ~= 'table' or type(params.textDocument) ~= 'table' then
    return
  end
  local edit = read(type(params.edits) == 'table' and params.edits[1], client, params.textDocument.uri)
  if not edit then
    if shown and shown.offered_for == params.textDocument.uri then
      forget()
    end
    return
  end
  local is_known = shown ~= nil and shown.id == edit.id
  shown = edit
  M.redraw()
  if not is_known then
    client:notify(SHOWN, { item = { command = { arguments = { edit.id } } } })
  end
end

--- Is there a next edit that a key may take? Not while a completion menu is open, a snippet has places left, or there
--- is ghost text.
---@return boolean
function M.visible()
  if not shown or not holds(shown) or vim.fn.pumvisible() == 1 or require('fim_ls').visible() then
    return false
  end
  return not (vim.snippet and vim.snippet.active({ direction = 1 }))
end

---@param edit fim_ls.NextEdit
local function jump(edit)
  vim.cmd("normal! m'")
  if vim.api.nvim_get_current_buf() ~= edit.buffer then
    vim.cmd.buffer(edit.buffer)
  end
  vim.api.nvim_win_set_cursor(0, { edit.first.row + 1, edit.first.col })
  vim.cmd('normal! zv')
end

---@param edit fim_ls.NextEdit
local function apply(edit)
  candidate.break_undo()
  vim.api.nvim_buf_set_text(edit.buffer, edit.first.row, edit.first.col, edit.last.row, edit.last.col, edit.lines)
  local row = edit.first.row + #edit.lines - 1
  local col = (#edit.lines == 1 and edit.first.col or 0) + #edit.lines[#edit.lines]
  vim.api.nvim_win_set_cursor(0, { math.min(row + 1, vim.api.nvim_buf_line_count(edit.buffer)), col })
  candidate.break_undo()
end

--- Tell the server what became of the edit.
---@param edit fim_ls.NextEdit
---@param command lsp.Command
local function tell(edit, command)
  local client = vim.lsp.get_client_by_id(edit.client_id)
  if client then
    client:exec_cmd(command, { bufnr = edit.buffer })
  end
end

--- Go to the next edit; where the cursor is there already, apply it, as one step of undoing.
---@return boolean
function M.take()
  local edit = M.visible() and shown or nil
  if not edit then
    return false
  end
  if is_away(edit) then
    jump(edit)
    M.redraw()
  elseif vim.bo[edit.buffer].modifiable then
    forget()
    apply(edit)
    tell(edit, edit.command)
  end
  return true
end

--- Take the next edit away; it is not offered again.
---@return boolean
function M.dismiss()
  local edit = M.visible() and shown or nil
  if not edit then
    return false
  end
  forget()
  tell(edit, { title = 'Dismiss the next edit', command = 'fim.dismissNextEdit', arguments = { edit.id } })
  return true
end

--- Keep what is drawn in step with text, cursor and window.
---@param group integer of the autocommands
function M.watch(group)
  local events = { 'TextChanged', 'TextChangedI', 'TextChangedP', 'CursorMoved', 'CursorMovedI', 'BufEnter', 'WinScrolled' }
  vim.api.nvim_create_autocmd(events, { group = group, desc = 'Redraw the next edit', callback = M.redraw })
  vim.api.nvim_create_autocmd({ 'LspDetach', 'BufUnload' }, {
    group = group,
    desc = 'Forget the next edit',
    callback = function(event)
      if shown and shown.buffer == event.buf then
        forget()
      end
    end,
  })
end

return M
