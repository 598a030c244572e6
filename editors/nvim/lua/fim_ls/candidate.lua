--- One candidate at its place in a buffer: does it still fit, what is left of it, and taking it. Draws nothing.
local M = {}

M.METHOD = 'textDocument/inlineCompletion'
M.INVOKED, M.AUTOMATIC = 1, 2 -- LSP 3.18, InlineCompletionTriggerKind; not in Neovim 0.11's protocol table

---@alias fim_ls.Part 'all' | 'word' | 'line'

---@class fim_ls.Candidate
---@field row integer where the text begins: zero-based line …
---@field col integer … and byte
---@field text string
---@field command? lsp.Command to be run once all of it is accepted
---@field item lsp.InlineCompletionItem as it came

-- Neovim's word, as `iskeyword` has it for the buffer, else a run of signs; with the white space before it.
local WORD = [[^\_s*\%(\k\+\|\%(\k\@!\S\)\+\)\?]]

--- Read an item. Snippets and texts that replace something are not for us: this server sends neither.
---@param item lsp.InlineCompletionItem
---@param buffer integer
---@param encoding string of the client's columns
---@return fim_ls.Candidate?
function M.read(item, buffer, encoding)
  local range = item.range
  if type(item.insertText) ~= 'string' or not range or not vim.deep_equal(range.start, range['end']) then
    return nil
  end
  local line = vim.api.nvim_buf_get_lines(buffer, range.start.line, range.start.line + 1, false)[1]
  local col = line and vim.str_byteindex(line, encoding, range.start.character, false)
  return col and { row = range.start.line, col = col, text = item.insertText, command = item.command, item = item }
end

--- Read an answer, in either of its two forms, or none.
---@param result? lsp.InlineCompletionList|lsp.InlineCompletionItem[]
---@param buffer integer
---@param encoding string
---@return fim_ls.Candidate[]
function M.read_all(result, buffer, encoding)
  local candidates = {}
  for _, item in ipairs(result and (result.items or result) or {}) do
    candidates[#candidates + 1] = M.read(item, buffer, encoding)
  end
  return candidates
end

--- What is left of a candidate after what was typed since it was asked for.
---@param candidate fim_ls.Candidate
---@param buffer integer
---@return string? rest nil if it does not fit any more: the cursor is elsewhere, other keys were typed, or it is used up
function M.rest(candidate, buffer)
  local window = vim.api.nvim_get_current_win()
  if vim.api.nvim_win_get_buf(window) ~= buffer then
    return nil
  end
  local row, col = unpack(vim.api.nvim_win_get_cursor(window))
  row = row - 1
  if row < candidate.row or (row == candidate.row and col < candidate.col) then
    return nil
  end
  local first = vim.api.nvim_buf_get_lines(buffer, candidate.row, candidate.row + 1, false)[1]
  if not first or #first < candidate.col then
    return nil
  end
  local typed = table.concat(vim.api.nvim_buf_get_text(buffer, candidate.row, candidate.col, row, col, {}), '\n')
  if #typed >= #candidate.text or candidate.text:sub(1, #typed) ~= typed then
    return nil
  end
  return candidate.text:sub(#typed + 1)
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

--- Insert the next part of a candidate at the cursor, and tell the server when all of it is accepted.
---@param candidate fim_ls.Candidate
---@param buffer integer
---@param part fim_ls.Part
---@param client vim.lsp.Client
---@param with_line_end? boolean also insert a line end, and the indentation after it, with which the rest would begin
---@return boolean accepted false if it does not fit any more; then nothing is changed
function M.accept(candidate, buffer, part, client, with_line_end)
  local rest = M.rest(candidate, buffer)
  if not rest then
    return false
  end
  local taken = M.part(rest, part)
  if with_line_end then
    taken = taken .. (rest:sub(#taken + 1):match('^\n%s*') or '')
  end
  local lines = vim.split(taken, '\n', { plain = true })
  local row, col = unpack(vim.api.nvim_win_get_cursor(0))
  vim.api.nvim_buf_set_text(buffer, row - 1, col, row - 1, col, lines)
  vim.api.nvim_win_set_cursor(0, { row + #lines - 1, (#lines == 1 and col or 0) + #lines[#lines] })
  if taken == rest and candidate.command then
    client:exec_cmd(candidate.command, { bufnr = buffer })
  end
  return true
end

return M
