--- The drawing of one next edit by extmarks: a changed word in its line, changed lines below those they replace, and
--- where the edit is away from the cursor, a word of that behind the cursor's line.
local M = {}

local namespace = vim.api.nvim_create_namespace('fim_ls.next_edit')

-- Lines of a new text that are drawn; a longer one ends with the number of the others.
local MOST_LINES = 12

vim.api.nvim_set_hl(0, 'FimNextEditOld', { link = 'DiffDelete', default = true })
vim.api.nvim_set_hl(0, 'FimNextEditNew', { link = 'DiffAdd', default = true })
vim.api.nvim_set_hl(0, 'FimNextEditHint', { link = 'FimGhost', default = true })

local drawn = '' -- what is drawn, and where: nothing is drawn twice, which would flicker
local buffers = {} ---@type table<integer, boolean> that have marks

---@param buffer integer
---@param row integer
---@param col integer
---@param options vim.api.keyset.set_extmark
local function mark(buffer, row, col, options)
  buffers[buffer] = true
  vim.api.nvim_buf_set_extmark(buffer, namespace, row, col, options)
end

function M.erase()
  for buffer in pairs(buffers) do
    if vim.api.nvim_buf_is_valid(buffer) then
      vim.api.nvim_buf_clear_namespace(buffer, namespace, 0, -1)
    end
  end
  buffers, drawn = {}, ''
end

--- A line without tabs, as it looks at the beginning of a window.
---@param line string
---@param buffer integer
---@return string
local function without_tabs(line, buffer)
  local size = vim.bo[buffer].tabstop
  local out = ''
  for text, tab in line:gmatch('([^\t]*)(\t?)') do
    out = out .. text
    out = tab == '' and out or out .. (' '):rep(size - vim.fn.strdisplaywidth(out) % size)
  end
  return out
end

---@param lines string[]
---@param buffer integer
---@return [string, string][][] virt_lines
local function virtual(lines, buffer)
  local shown = vim.list_slice(lines, 1, #lines > MOST_LINES and MOST_LINES - 1 or MOST_LINES)
  local virt_lines = vim.tbl_map(function(line)
    return { { line == '' and ' ' or without_tabs(line, buffer), 'FimNextEditNew' } }
  end, shown)
  if #lines > #shown then
    table.insert(virt_lines, { { ('… %d more lines'):format(#lines - #shown), 'FimNextEditHint' } })
  end
  return virt_lines
end

--- Draw a change within a line: the old words marked, the new ones behind them.
---@param edit fim_ls.NextEdit
local function draw_words(edit)
  local old = edit.last.col > edit.first.col
  mark(edit.buffer, edit.first.row, edit.first.col, {
    end_row = edit.last.row,
    end_col = edit.last.col,
    hl_group = old and 'FimNextEditOld' or nil,
  })
  if edit.lines[1] ~= '' then
    mark(edit.buffer, edit.last.row, edit.last.col, {
      virt_text = { { edit.lines[1], 'FimNextEditNew' } },
      virt_text_pos = 'inline',
      right_gravity = false,
    })
  end
end

--- Draw a change of lines: those that go are marked, those that come stand below them.
---@param edit fim_ls.NextEdit
local function draw_lines(edit)
  local old = vim.api.nvim_buf_get_lines(edit.buffer, edit.first.row, edit.last.row + 1, false)
  local new = vim.list_slice(edit.lines)
  new[1] = old[1]:sub(1, edit.first.col) .. new[1]
  new[#new] = new[#new] .. old[#old]:sub(edit.last.col + 1)
  local first, n_same = 1, 0
  while first <= #old and first <= #new and old[first] == new[first] do
    first = first + 1
  end
  while n_same < math.min(#old, #new) - first + 1 and old[#old - n_same] == new[#new - n_same] do
    n_same = n_same + 1
  end
  local row, last = edit.first.row + first - 1, edit.first.row + #old - n_same - 1
  for at = row, last do
    local line = old[at - edit.first.row + 1]
    mark(edit.buffer, at, 0, { end_row = at, end_col = #line, hl_group = 'FimNextEditOld' })
  end
  local virt_lines = virtual(vim.list_slice(new, first, #new - n_same), edit.buffer)
  if #virt_lines > 0 then
    local is_above = last < 0
    mark(edit.buffer, math.max(last, 0), 0, { virt_lines = virt_lines, virt_lines_above = is_above })
  end
end

---@param edit fim_ls.NextEdit
local function draw_hint(edit)
  local buffer, row = vim.api.nvim_get_current_buf(), vim.api.nvim_win_get_cursor(0)[1] - 1
  local place = ('line %d'):format(edit.first.row + 1)
  if buffer ~= edit.buffer then
    place = ('%s, %s'):format(vim.fs.basename(vim.api.nvim_buf_get_name(edit.buffer)), place)
  end
  local key = require('fim_ls.maps').key_of('FimNextEdit')
  local hint = key and ('  %s: next edit, %s'):format(key, place) or ('  next edit: %s'):format(place)
  mark(buffer, row, 0, { virt_text = { { hint, 'FimNextEditHint' } }, virt_text_pos = 'eol' })
end

--- Draw an edit. Nothing happens where it is drawn already.
---@param edit fim_ls.NextEdit
---@param with_hint boolean also say behind the cursor's line where it is
function M.draw(edit, with_hint)
  local at = with_hint and { vim.api.nvim_get_current_buf(), vim.api.nvim_win_get_cursor(0)[1] } or {}
  local picture = vim.inspect({ edit.buffer, edit.version, edit.first, edit.last, edit.lines, at })
  if picture == drawn then
    return
  end
  M.erase()
  drawn = picture
  if edit.first.row == edit.last.row and #edit.lines == 1 then
    draw_words(edit)
  else
    draw_lines(edit)
  end
  if with_hint then
    draw_hint(edit)
  end
end

return M
