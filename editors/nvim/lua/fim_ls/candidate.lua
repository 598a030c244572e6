--- One candidate at its place in a buffer: does it still fit, what is left of it, and taking it. Draws nothing.
local closers = require('fim_ls.closers')

local M = {}

M.METHOD = 'textDocument/inlineCompletion'
M.INVOKED, M.AUTOMATIC = 1, 2 -- LSP 3.18, InlineCompletionTriggerKind; not in Neovim 0.11's protocol table

---@alias fim_ls.Part 'all' | 'word' | 'line'

---@class fim_ls.Candidate
---@field row integer where the text begins: zero-based line …
---@field col integer … and byte
---@field text string
---@field tail string what its line has behind it, without the closers that it is put over
---@field command? lsp.Command to be run once all of it is accepted
---@field item lsp.InlineCompletionItem as it came

-- Neovim's word, as `iskeyword` has it for the buffer, else a run of signs; with the white space before it.
local WORD = [[^\_s*\%(\k\+\|\%(\k\@!\S\)\+\)\?]]

---@class fim_ls.Asked
---@field row integer zero-based line of the cursor when the server was asked …
---@field line string … and its text then

--- Read an item. Snippets, and texts that replace more than closers behind the cursor, are passed over: this server sends
--- neither.
---@param item lsp.InlineCompletionItem
---@param asked fim_ls.Asked
---@param encoding string of the client's columns
---@return fim_ls.Candidate?
function M.read(item, asked, encoding)
  local range = item.range
  if type(item.insertText) ~= 'string' or not range or range.start.line ~= asked.row or range['end'].line ~= asked.row then
    return nil
  end
  local col = vim.str_byteindex(asked.line, encoding, range.start.character, false)
  local last = vim.str_byteindex(asked.line, encoding, range['end'].character, false)
  if not col or not last or not closers.places(item.insertText, asked.line:sub(col + 1, last)) then
    return nil
  end
  return {
    row = range.start.line,
    col = col,
    text = item.insertText,
    tail = asked.line:sub(last + 1),
    command = item.command,
    item = item,
  }
end

--- Read an answer, in either of its two forms, or none.
---@param result? lsp.InlineCompletionList|lsp.InlineCompletionItem[]
---@param asked fim_ls.Asked
---@param encoding string
---@return fim_ls.Candidate[]
function M.read_all(result, asked, encoding)
  local candidates = {}
  for _, item in ipairs(result and (result.items or result) or {}) do
    candidates[#candidates + 1] = M.read(item, asked, encoding)
  end
  return candidates
end

--- The line of the cursor, to be kept while the server is asked.
---@return fim_ls.Asked
function M.asked()
  return { row = vim.api.nvim_win_get_cursor(0)[1] - 1, line = vim.api.nvim_get_current_line() }
end

--- Return what was typed of a candidate.
---@param candidate fim_ls.Candidate
---@param buffer integer
---@param row integer of the cursor, zero-based
---@param col integer of the cursor, in bytes
---@return string? typed nil if something else was typed, all of it, or the cursor is before it
local function typed_of(candidate, buffer, row, col)
  if row < candidate.row or (row == candidate.row and col < candidate.col) then
    return nil
  end
  local first = vim.api.nvim_buf_get_lines(buffer, candidate.row, candidate.row + 1, false)[1]
  if not first or #first < candidate.col then
    return nil
  end
  local typed = table.concat(vim.api.nvim_buf_get_text(buffer, candidate.row, candidate.col, row, col, {}), '\n')
  return #typed < #candidate.text and candidate.text:sub(1, #typed) == typed and typed or nil
end

--- Return the rest of a candidate's text behind what was typed since its request. Where plugins have put closers behind
--- the cursor meanwhile, the rest has them, too, and is put over them.
---@param candidate fim_ls.Candidate
---@param buffer integer
---@return string? rest nil if it does not fit any more: the cursor is elsewhere, other keys were typed, or it is used up
---@return string over the closers behind the cursor that the rest is put over; mostly empty
function M.rest(candidate, buffer)
  local window = vim.api.nvim_get_current_win()
  if vim.api.nvim_win_get_buf(window) ~= buffer then
    return nil, ''
  end
  local row, col = unpack(vim.api.nvim_win_get_cursor(window))
  local typed = typed_of(candidate, buffer, row - 1, col)
  local behind = vim.api.nvim_get_current_line():sub(col + 1)
  local n_over = #behind - #candidate.tail
  if not typed or n_over < 0 or behind:sub(n_over + 1) ~= candidate.tail then
    return nil, ''
  end
  local rest, over = candidate.text:sub(#typed + 1), behind:sub(1, n_over)
  if not closers.places(rest, over) then
    return nil, ''
  end
  return rest, over
end

--- Those that still fit, in their order.
---@param candidates fim_ls.Candidate[]
---@param buffer integer
---@return fim_ls.Candidate[]
function M.fitting(candidates, buffer)
  return vim.tbl_filter(function(it)
    return M.rest(it, buffer) ~= nil
  end, candidates)
end

--- The beginning of a text that one key accepts: a line end at its start goes with the word or line behind it.
---@param text string
---@param part fim_ls.Part
---@return string
function M.part(text, part)
  if part == 'word' then
    local word = vim.fn.matchstr(text, WORD)
    return word ~= '' and word or text
  elseif part == 'line' then
    return text:match('^\n*[^\n]*')
  end
  return text
end

--- End a step of undoing: what was typed before is undone by itself (`:help undo-break`).
function M.break_undo()
  vim.cmd('let &g:undolevels = &g:undolevels')
end

--- Insert the next part of a candidate at the cursor, as an undo step of its own; tell the server when all is accepted.
---@param candidate fim_ls.Candidate
---@param buffer integer
---@param part fim_ls.Part
---@param client vim.lsp.Client
---@param with_line_end? boolean also insert a line end, and the indentation after it, with which the rest would begin
---@return boolean accepted false if it does not fit any more; then nothing is changed
function M.accept(candidate, buffer, part, client, with_line_end)
  local rest, over = M.rest(candidate, buffer)
  if not rest then
    return false
  end
  local taken = M.part(rest, part)
  if with_line_end then
    taken = taken .. (rest:sub(#taken + 1):match('^\n%s*') or '')
  end
  local lines = vim.split(taken, '\n', { plain = true })
  local row, col = unpack(vim.api.nvim_win_get_cursor(0))
  local replaced = closers.count_replaced(rest, over, #taken)
  M.break_undo()
  vim.api.nvim_buf_set_text(buffer, row - 1, col, row - 1, col + replaced, lines)
  vim.api.nvim_win_set_cursor(0, { row + #lines - 1, (#lines == 1 and col or 0) + #lines[#lines] })
  M.break_undo()
  if taken == rest and candidate.command then
    client:exec_cmd(candidate.command, { bufnr = buffer })
  end
  return true
end

return M
