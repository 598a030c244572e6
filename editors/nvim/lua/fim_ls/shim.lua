--- Ghost text drawn by the plugin, at every key: on every Neovim, unless `setup` asks for the drawing of 0.12 itself.
--- Requests, their cancellation, extmarks.
--- Insert mode is in one window at a time, so there is one ghost text at a time, too.
local candidate = require('fim_ls.candidate')
local closers = require('fim_ls.closers')
local leaving = require('fim_ls.leaving')

local M = {}

-- In ms. Keys that come faster ask once; more waiting is the server's business, which knows when it pays.
local DEBOUNCE = 30

local namespace = vim.api.nvim_create_namespace('fim_ls')

---@class fim_ls.Ghost
---@field buffer integer
---@field client vim.lsp.Client
---@field candidates fim_ls.Candidate[]
---@field index integer of the one that is drawn
local ghost = nil ---@type fim_ls.Ghost?
local let_go = nil ---@type fun()? cancels the running request
local timer = assert(vim.uv.new_timer())

-- ComplHint is what 0.12 has for ghost text.
local COLOUR = vim.fn.hlexists('ComplHint') == 1 and 'ComplHint' or 'NonText'
vim.api.nvim_set_hl(0, 'FimGhost', { link = COLOUR, default = true })

--- Draw the next edit, or take it away: it and ghost text are not seen at the same time.
local function redraw_next_edit()
  require('fim_ls.next_edit').redraw()
end

local function erase()
  if ghost and vim.api.nvim_buf_is_valid(ghost.buffer) then
    vim.api.nvim_buf_clear_namespace(ghost.buffer, namespace, 0, -1)
  end
end

--- Draw what is left of the chosen candidate, or forget them all if it is nothing.
---@return boolean drawn
local function draw()
  erase()
  local rest, over
  if ghost then
    rest, over = candidate.rest(ghost.candidates[ghost.index], ghost.buffer)
  end
  if not ghost or not rest then
    ghost = nil
    redraw_next_edit()
    return false
  end
  local lines = vim.split(rest, '\n', { plain = true })
  local below = vim.tbl_map(function(line)
    return { { line, 'FimGhost' } }
  end, vim.list_slice(lines, 2))
  local pieces = closers.pieces(lines[1], over)
  local row, col = unpack(vim.api.nvim_win_get_cursor(0))
  for n, piece in ipairs(pieces) do
    local is_last = n == #pieces
    if piece ~= '' or is_last then
      vim.api.nvim_buf_set_extmark(ghost.buffer, namespace, row - 1, col + n - 1, {
        virt_text = { { piece, 'FimGhost' } },
        virt_text_pos = 'inline',
        virt_lines = is_last and #below > 0 and below or nil,
        hl_mode = 'combine',
      })
    end
  end
  redraw_next_edit()
  return true
end

local function stop()
  timer:stop()
  if let_go then
    let_go()
    let_go = nil
  end
end

local is_asking = false
local guarded = {} ---@type table<integer, boolean> by client

--- Let no request through that Neovim makes for its own drawing: users have that on for other servers, and it would draw
--- a second time, and loop for ever on a text that begins with a line end.
---@param client vim.lsp.Client
local function guard(client)
  if guarded[client.id] then
    return
  end
  guarded[client.id] = true
  local send = client.request
  client.request = function(self, method, ...)
    if method == candidate.METHOD and not is_asking and require('fim_ls').plugin_draws() then
      return false
    end
    return send(self, method, ...)
  end
end

---@param kind integer
---@return boolean asked
local function ask(kind)
  stop()
  local buffer = vim.api.nvim_get_current_buf()
  local client = require('fim_ls').client(buffer)
  if not client then
    return false
  end
  local params = vim.lsp.util.make_position_params(0, client.offset_encoding)
  params.context = { triggerKind = kind }
  local at = candidate.asked()
  is_asking = true
  local asked, id = client:request(candidate.METHOD, params, function(err, result)
    let_go = nil
    if err or not vim.api.nvim_get_mode().mode:match('^i') or vim.api.nvim_get_current_buf() ~= buffer then
      return
    end
    local fitting = candidate.fitting(candidate.read_all(result, at, client.offset_encoding), buffer)
    erase()
    ghost = fitting[1] and { buffer = buffer, client = client, candidates = fitting, index = 1 } or nil
    draw()
  end, buffer)
  is_asking = false
  if asked then
    let_go = function()
      client:cancel_request(id)
    end
  end
  return asked
end

--- What is drawn follows the keys at once; the server is asked a moment later.
local function follow()
  stop()
  draw()
  timer:start(DEBOUNCE, 0, vim.schedule_wrap(function()
    if vim.api.nvim_get_mode().mode:match('^i') then
      ask(candidate.AUTOMATIC)
    end
  end))
end

local function leave()
  stop()
  erase()
  ghost = nil
  redraw_next_edit()
end

--- Follow the keys in a buffer.
---@param client vim.lsp.Client
---@param buffer integer
function M.attach(client, buffer)
  guard(client)
  local group = vim.api.nvim_create_augroup('fim_ls.' .. buffer, {})
  vim.api.nvim_create_autocmd({ 'InsertEnter', 'TextChangedI', 'TextChangedP', 'CursorMovedI' }, {
    group = group,
    buffer = buffer,
    callback = follow,
  })
  leaving.watch(group, buffer, leave)
  if vim.api.nvim_get_mode().mode:match('^i') and vim.api.nvim_get_current_buf() == buffer then
    follow()
  end
end

--- The next backend's `attach` takes the autocommands' place.
function M.detach()
  leave()
end

---@return boolean
function M.visible()
  return ghost ~= nil and candidate.rest(ghost.candidates[ghost.index], ghost.buffer) ~= nil
end

--- Accept a part, at once: keys that were typed after this one come after it.
---@param part fim_ls.Part
---@return boolean
function M.accept(part)
  if not ghost or not M.visible() then
    return false
  end
  stop()
  candidate.accept(ghost.candidates[ghost.index], ghost.buffer, part, ghost.client)
  draw()
  return true
end

---@param count integer
---@return boolean
function M.select(count)
  if not M.visible() or not ghost then
    return false
  end
  ghost.index = (ghost.index - 1 + count) % #ghost.candidates + 1
  draw()
  return true
end

---@return boolean
function M.dismiss()
  local seen = M.visible()
  stop()
  erase()
  ghost = nil
  redraw_next_edit()
  return seen
end

---@return boolean
function M.trigger()
  return ask(candidate.INVOKED)
end

--- Ask again, as if by typing; what is drawn stays until the answer comes.
---@return boolean
function M.refresh()
  return ask(candidate.AUTOMATIC)
end

return M
