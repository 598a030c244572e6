--- `:FimStatus`, `:FimSnooze`, `:FimToggle`, `:FimWhy`: what the server's own commands are called here.
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

--- The server's last decisions, newest first: why there was ghost text, or none.
---@param decisions table[]
local function show_why(decisions)
  local lines = vim.tbl_map(function(it)
    local cells = { it.time, ('line %s'):format(it.line), it.trigger, it.answer, it.source, it.reason }
    cells[#cells + 1] = type(it.ms) == 'number' and ('%d ms'):format(it.ms) or nil
    return table.concat(vim.tbl_filter(function(cell)
      return type(cell) == 'string' and cell ~= ''
    end, vim.tbl_map(function(cell)
      return type(cell) == 'number' and tostring(cell) or cell
    end, cells)), '  ')
  end, type(decisions) == 'table' and decisions or {})
  vim.notify(#lines > 0 and table.concat(vim.list_slice(lines, 1, 10), '\n') or 'FIM: nothing was asked yet')
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
end

return M
