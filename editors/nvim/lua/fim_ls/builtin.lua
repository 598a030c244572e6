--- Ghost text that Neovim draws itself (`vim.lsp.inline_completion`, 0.12), with what 0.12.0 to 0.12.4 leave undone:
--- * accepting within its 200 ms after a key left typed characters behind (neovim #36529, mended on master in #41434);
--- * after the answer `null` old ghost text stayed on the screen, and a late answer was drawn wherever the cursor was;
--- * it stayed on the screen after Ctrl-C, and in a window that one has left in insert mode;
--- * there is no explicit request, no dismissal, and no accepting of a part.
--- All of it through what is public: requests of our client pass through here, with the function that draws answers.
local candidate = require('fim_ls.candidate')
local leaving = require('fim_ls.leaving')

local M = {}

---@class fim_ls.Drawn
---@field handler? lsp.Handler draws an answer in place of the one before; known since the first request
---@field candidates fim_ls.Candidate[] what it drew last
---@field index integer of the one that is seen
---@field running? integer id of the request that has no answer yet
---@field kind? integer trigger kind that the next request is to have

---@type table<integer, fim_ls.Drawn> by buffer
local drawn = {}

---@param buffer integer
---@return fim_ls.Drawn
local function state_of(buffer)
  drawn[buffer] = drawn[buffer] or { candidates = {}, index = 1 }
  return drawn[buffer]
end

---@param client vim.lsp.Client
---@param buffer integer
---@param fitting fim_ls.Candidate[]
local function show(client, buffer, fitting)
  local state = state_of(buffer)
  if vim.tbl_get(client.capabilities, 'experimental', 'fim', 'lineEnds') then
    -- The plugin drew when the server was started. Neovim may loop for ever on a text that begins with a line end, and
    -- draws one with a range over the text behind the cursor.
    fitting = vim.tbl_filter(function(it)
      return it.text:sub(1, 1) ~= '\n' and vim.deep_equal(it.item.range.start, it.item.range['end'])
    end, fitting)
  end
  state.candidates, state.index = fitting, 1
  local items = vim.tbl_map(function(it)
    return it.item
  end, fitting)
  state.handler(nil, { items = items }, { client_id = client.id, method = candidate.METHOD, bufnr = buffer })
end

--- Send a request in place of the one before; draw of its answer what fits the text as it then is.
---@param send fun(client: vim.lsp.Client, method: string, params: table, handler: lsp.Handler, buffer: integer): boolean, integer?
---@return boolean asked
---@return integer? id
local function request(send, client, params, handler, buffer)
  if vim.api.nvim_get_current_buf() ~= buffer or not vim.api.nvim_get_mode().mode:match('^i') then
    return false -- Neovim's wait is over, and the user is elsewhere.
  end
  local state = state_of(buffer)
  if state.running then
    client:cancel_request(state.running)
    state.running = nil
  end
  if state.kind then
    params.context.triggerKind, state.kind = state.kind, nil
  end
  state.handler = handler
  local tick = vim.api.nvim_buf_get_changedtick(buffer)
  local at = candidate.asked()
  local asked, id
  asked, id = send(client, candidate.METHOD, params, function(err, result)
    if id and state.running == id then
      state.running = nil
    end
    if not vim.api.nvim_buf_is_valid(buffer) then
      return
    end
    local read = err and {} or candidate.read_all(result, at, client.offset_encoding)
    local fitting = candidate.fitting(read, buffer)
    -- An answer about older text that does not fit says nothing about the newer one, which is asked about, too.
    if #fitting > 0 or vim.api.nvim_buf_get_changedtick(buffer) == tick then
      show(client, buffer, fitting)
    end
  end, buffer)
  state.running = id
  return asked, id
end

--- Take away what the last key made wrong; Neovim itself would show it until the next answer.
---@param client vim.lsp.Client
---@param buffer integer
local function follow(client, buffer)
  local state = state_of(buffer)
  local current = state.candidates[state.index]
  if current and not candidate.rest(current, buffer) then
    show(client, buffer, candidate.fitting(state.candidates, buffer))
  end
end

--- Take the ghost text away, and forget it. Neovim does so at the event InsertLeave alone, and draws nothing outside of
--- insert mode, not even nothing: so that event is what it gets, whichever way insert mode or the buffer was left.
---@param buffer integer
local function leave(buffer)
  local state = state_of(buffer)
  state.candidates, state.running = {}, nil
  local groups = { group = ('nvim.lsp.inline_completion:%d'):format(buffer), buffer = buffer }
  pcall(vim.api.nvim_exec_autocmds, 'InsertLeave', groups)
end

local wrapped = {} ---@type table<integer, boolean> by client

--- Draw in a buffer.
---@param client vim.lsp.Client
---@param buffer integer
function M.attach(client, buffer)
  if not wrapped[client.id] then
    wrapped[client.id] = true
    local send = client.request
    client.request = function(self, method, params, handler, bufnr)
      if method == candidate.METHOD and handler and require('fim_ls').backend() == M then
        return request(send, self, params, handler, bufnr and bufnr ~= 0 and bufnr or vim.api.nvim_get_current_buf())
      end
      return send(self, method, params, handler, bufnr)
    end
  end
  vim.lsp.inline_completion.enable(true, { client_id = client.id })
  local group = vim.api.nvim_create_augroup('fim_ls.' .. buffer, {})
  vim.api.nvim_create_autocmd({ 'TextChangedI', 'CursorMovedI' }, {
    group = group,
    buffer = buffer,
    callback = function()
      follow(client, buffer)
    end,
  })
  leaving.watch(group, buffer, function()
    leave(buffer)
  end)
end

--- The next backend's `attach` takes the autocommands' place.
function M.detach()
  for client in pairs(wrapped) do
    vim.lsp.inline_completion.enable(false, { client_id = client })
  end
end

--- The candidate that is seen in the current buffer, and who sent it.
---@return fim_ls.Candidate?
---@return vim.lsp.Client?
local function current()
  local buffer = vim.api.nvim_get_current_buf()
  local state = state_of(buffer)
  local seen = state.candidates[state.index]
  local client = require('fim_ls').client(buffer)
  if seen and client and candidate.rest(seen, buffer) then
    return seen, client
  end
end

---@return boolean
function M.visible()
  return current() ~= nil
end

--- Accept a part, at once: Neovim's own way does it after the keys that are already typed, and loses its place.
---@param part fim_ls.Part
---@return boolean
function M.accept(part)
  local taken, client = current()
  if not taken or not client then
    return false
  end
  local buffer = vim.api.nvim_get_current_buf()
  candidate.accept(taken, buffer, part, client, true)
  show(client, buffer, candidate.fitting({ taken }, buffer))
  return true
end

---@param count integer
---@return boolean
function M.select(count)
  if not current() then
    return false
  end
  local state = state_of(vim.api.nvim_get_current_buf())
  state.index = (state.index - 1 + count) % #state.candidates + 1
  vim.lsp.inline_completion.select({ count = count })
  return true
end

---@return boolean
function M.dismiss()
  local seen, client = current()
  if not seen or not client then
    return false
  end
  show(client, vim.api.nvim_get_current_buf(), {})
  return true
end

--- Ask now, in place of whatever runs.
---@param kind integer
---@return boolean
local function ask(kind)
  local buffer = vim.api.nvim_get_current_buf()
  local client = require('fim_ls').client(buffer)
  if not client then
    return false
  end
  local state = state_of(buffer)
  if not state.handler then
    state.kind = kind
    return true -- Nothing was asked in this buffer yet: Neovim does within 200 ms of entering insert mode.
  end
  local params = vim.lsp.util.make_position_params(0, client.offset_encoding)
  params.context = { triggerKind = kind }
  return (client:request(candidate.METHOD, params, state.handler, buffer))
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
