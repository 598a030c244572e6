--- What the server last said of itself (`$/fim/status`), for status lines and `:FimStatus`.
local M = {}

---@class fim_ls.Status
---@field kind 'starting'|'ready'|'thinking'|'paused'|'offline'|'error'|'snoozed'|'disabled'
---@field message string one sentence, or empty
---@field provider string
---@field model string
---@field seconds? number how much longer, for `paused` and `snoozed`

---@type table<integer, { said: fim_ls.Status, at: number }> by client; `at` in ms
local received = {}

local WORDS = {
  starting = 'starting',
  ready = 'ready',
  thinking = 'thinking',
  paused = 'paused',
  offline = 'offline model',
  error = 'error',
  snoozed = 'snoozed',
  disabled = 'off',
}

---@param params fim_ls.Status
---@param client_id integer
function M.receive(params, client_id)
  received[client_id] = { said = params, at = vim.uv.now() }
  vim.api.nvim_exec_autocmds('User', { pattern = 'FimStatus', modeline = false, data = params })
  vim.cmd.redrawstatus()
end

--- The status of a buffer's server, with the seconds that are left now.
---@param buffer? integer default: the current one; else of any server of ours
---@return fim_ls.Status? status nil while none runs or it has said nothing
function M.current(buffer)
  local fim = require('fim_ls')
  local client = fim.client(buffer or 0) or fim.client()
  local last = client and received[client.id]
  if not last then
    return nil
  end
  local status = vim.deepcopy(last.said)
  local seconds = tonumber(status.seconds) -- A null comes as vim.NIL.
  status.seconds = seconds and math.max(0, math.ceil(seconds - (vim.uv.now() - last.at) / 1000)) or nil
  return status
end

---@param seconds number
---@return string
local function span(seconds)
  return seconds < 100 and ('%d s'):format(seconds) or ('%d min'):format(math.ceil(seconds / 60))
end

--- `FIM ready`, `FIM paused 12 s`, …; empty while no server is attached to the current buffer.
---@return string
function M.statusline()
  if not require('fim_ls').client(0) then
    return ''
  end
  local status = M.current()
  if not status then
    return 'FIM'
  end
  local words = { 'FIM', WORDS[status.kind] or status.kind }
  words[#words + 1] = status.seconds and span(status.seconds) or nil
  return table.concat(words, ' ')
end

--- One line that says all: state, model, and what to do about it.
---@return string
function M.describe()
  local status = M.current()
  if not status then
    return require('fim_ls').client() and 'FIM: the server runs; it has not said more'
      or "FIM: no server runs here; see :checkhealth fim_ls"
  end
  local state = 'FIM: ' .. (WORDS[status.kind] or status.kind)
  state = state .. (status.seconds and (' for %s more'):format(span(status.seconds)) or '')
  local model = vim.trim(table.concat({ status.provider or '', status.model or '' }, ' '))
  state = state .. (model ~= '' and (' (%s)'):format(model) or '')
  return state .. (status.message and status.message ~= '' and '. ' .. status.message or '')
end

return M
