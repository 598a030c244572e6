--- `:FimStatus`, `:FimSnooze`, `:FimToggle`, `:FimWhy`: what the server's own commands are called here. And `:FimLog`.
local M = {}

---@param command string
---@param arguments any[]
---@param done? fun(result: any)
local function execute(command, arguments, done)
  local client = require('fim_ls').client(0) or require('fim_ls').client()
  if not client then
    vim.notify('FIM: no server runs here; see :checkhealth fim_ls', vim.log.levels.WARN)
    return
  end
  client:request('workspace/executeCommand', { command = command, arguments = arguments }, function(err, result)
    if err then
      vim.notify(('FIM: %s'):format(err.message), vim.log.levels.ERROR)
    elseif done then
      done(result)
    end
  end)
end

local function snooze(arguments)
  local minutes = tonumber(arguments.args == '' and '15' or arguments.args)
  if not minutes or minutes < 0 then
    vim.notify('FIM: :FimSnooze takes minutes, such as 15, or 0 to end it', vim.log.levels.ERROR)
    return
  end
  execute('fim.snooze', { minutes })
end

--- The time of the user's clock for a time of the protocol, which is in UTC.
---@param time string such as "2026-01-31T12:00:00.123+00:00"
---@return string? local_time such as "13:00:00"; the time as it came where it is none
local function local_time(time)
  local year, month, day, hour, min, sec = tostring(time):match('^(%d+)-(%d+)-(%d+)T(%d+):(%d+):(%d+)')
  if not year then
    return time
  end
  -- os.time reads its table as local time; what it is off by is the distance of noon, UTC, that day, from itself.
  local noon = os.time({ year = year, month = month, day = day, hour = 12 })
  local utc = os.date('!*t', noon) --[[@as osdate]]
  utc.isdst = nil
  local seconds = noon + os.difftime(noon, os.time(utc)) + (hour - 12) * 3600 + min * 60 + sec
  return os.date('%H:%M:%S', seconds) --[[@as string]]
end

--- One decision in a line; lines and columns count from one, as Neovim shows them.
---@param it table
---@return string
local function describe(it)
  local place = {}
  for _, number in ipairs({ it.line, it.column }) do
    place[#place + 1] = type(number) == 'number' and ('%d'):format(number + 1) or nil
  end
  local name = type(it.uri) == 'string' and vim.fs.basename(vim.uri_to_fname(it.uri)) or ''
  if name ~= '' then
    table.insert(place, 1, name)
  end
  local cells = { local_time(it.time), table.concat(place, ':'), it.trigger, it.answer, it.source, it.reason }
  cells[#cells + 1] = type(it.ms) == 'number' and ('%d ms'):format(it.ms) or nil
  return table.concat(vim.tbl_filter(function(cell)
    return type(cell) == 'string' and cell ~= ''
  end, cells), '  ')
end

--- The pieces of other files that were sent with a request, a line each: `billing.py:12-27, an open document`.
---@param pieces any
---@return string[]
local function describe_pieces(pieces)
  local lines = {}
  for _, piece in ipairs(type(pieces) == 'table' and pieces or {}) do
    if type(piece.line) == 'number' and type(piece.lines) == 'number' then
      local place = ('%s:%d-%d'):format(tostring(piece.path), piece.line + 1, piece.line + piece.lines)
      local words = type(piece.words) == 'table' and table.concat(piece.words, ', ') or ''
      local reason = words ~= '' and (', for %s'):format(words) or ''
      lines[#lines + 1] = ('    sent with it: %s, %s%s'):format(place, tostring(piece.source), reason)
    end
  end
  return lines
end

--- The server's last decisions, newest first: why there was ghost text, or none.
---@param decisions table[]
local function show_why(decisions)
  local lines = vim.tbl_map(function(it)
    return table.concat(vim.list_extend({ describe(it) }, describe_pieces(it.pieces)), '\n')
  end, type(decisions) == 'table' and decisions or {})
  local newest = type(decisions) == 'table' and decisions[1] or nil
  if type(newest) == 'table' and type(newest.policy) == 'string' then
    table.insert(lines, 1, newest.policy)
  end
  vim.notify(#lines > 0 and table.concat(vim.list_slice(lines, 1, 10), '\n') or 'FIM: nothing was asked yet')
end

--- Begin a recording in a new file, or end it (`:FimRecord!`). Texts are kept only if the user says so.
---@param arguments table
local function record(arguments)
  if arguments.bang then
    execute('fim.stopRecording', {}, function(result)
      vim.notify(type(result) == 'table' and ('FIM: recorded in %s'):format(result.file) or 'FIM: nothing was recorded')
    end)
    return
  end
  if arguments.args == '' then
    vim.notify('FIM: :FimRecord takes the name of a new file; :FimRecord! ends the recording', vim.log.levels.ERROR)
    return
  end
  local file = vim.fn.fnamemodify(vim.fn.expand(arguments.args), ':p')
  local question = 'Keep the texts of your documents in the recording, too? Secrets get placeholders.'
  local choice = vim.fn.confirm(question, '&Texts, too\n&Only lengths and times\n&Cancel', 2)
  if choice ~= 1 and choice ~= 2 then
    return
  end
  execute('fim.startRecording', { file, choice == 1 }, function(result)
    local kept = choice == 1 and 'with texts' or 'without texts'
    vim.notify(('FIM: recording in %s, %s; :FimRecord! ends it'):format(result and result.file or file, kept))
  end)
end

function M.define()
  local command = vim.api.nvim_create_user_command
  command('FimStatus', function()
    vim.notify(require('fim_ls.status').describe())
  end, { desc = 'Say what the completion server is doing' })
  command('FimSnooze', snooze, { nargs = '?', desc = 'No ghost text for some minutes (15); 0 ends it' })
  command('FimToggle', function()
    local language = vim.bo.filetype
    execute('fim.toggleLanguage', { language }, function(now)
      local state = type(now) == 'table' and (now.enabled and 'on' or 'off') or 'toggled'
      vim.notify(('FIM: %s for %s, until Neovim ends'):format(state, language))
    end)
  end, { desc = 'Switch ghost text off or on for this language' })
  command('FimWhy', function()
    execute('fim.showWhy', {}, show_why)
  end, { desc = 'Say why there was ghost text, or none' })
  command('FimRecord', record, {
    nargs = '?',
    bang = true,
    complete = 'file',
    desc = 'Record the session in a new file; with ! end it',
  })
  command('FimLog', function()
    vim.cmd.split(vim.fn.fnameescape(vim.lsp.log.get_filename()))
    vim.cmd.normal({ 'G', bang = true })
  end, { desc = 'Open the log of Neovim and its language servers' })
end

return M
