--- `:checkhealth fim_ls`: what is there, what is missing, and what to do about it.
local M = {}

local KEYS = { 'CODESTRAL_API_KEY', 'MISTRAL_API_KEY' }

local function check_editor()
  local version = tostring(vim.version())
  if not require('fim_ls').plugin_draws() then
    vim.health.ok(('Neovim %s draws inline completion itself, as setup() says'):format(version))
  elseif vim.fn.has('nvim-0.11') == 1 then
    vim.health.ok(('Neovim %s: this plugin draws inline completion'):format(version))
  else
    vim.health.error(('Neovim %s is too old'):format(version), 'Install Neovim 0.11 or newer')
  end
end

local function check_server()
  local config = vim.lsp.config[require('fim_ls').NAME]
  local command = config and config.cmd
  if type(command) ~= 'table' then
    vim.health.info('the server is started by a function of your own')
    return
  end
  if require('fim_ls.program').missing() then
    vim.health.error(
      ('%s is not to be found'):format(command[1]),
      { 'Install it, and see that it is on the PATH Neovim sees', "or set its path: vim.lsp.config('fim_ls', { cmd = { … } })" }
    )
    return
  end
  local ran = vim.system(vim.list_extend(vim.deepcopy(command), { '--version' }), { text = true }):wait(10000)
  if ran.code == 0 then
    vim.health.ok(('%s: %s'):format(vim.fn.exepath(command[1]), vim.trim(ran.stdout)))
  else
    vim.health.error(('%s does not run'):format(command[1]), vim.trim(ran.stderr or ''))
  end
end

local function check_keys()
  local found = vim.tbl_filter(function(name)
    return (vim.env[name] or '') ~= ''
  end, KEYS)
  if #found > 0 then
    vim.health.ok(('%s is set in the environment'):format(table.concat(found, ', ')))
  else
    vim.health.info(
      ('none of %s is set in the environment: the offline model completes, unless the settings say otherwise'):format(
        table.concat(KEYS, ', ')
      )
    )
  end
end

local function check_client()
  local fim = require('fim_ls')
  local client = fim.client()
  if not client then
    local enabled = vim.lsp.is_enabled(fim.NAME)
    vim.health.warn('no server runs', enabled and 'Open a file; :FimLog says why it did not start' or "Call vim.lsp.enable('fim_ls')")
    return
  end
  vim.health.ok(('attached to %d buffer(s)'):format(vim.tbl_count(client.attached_buffers)))
  local status = require('fim_ls.status').current()
  local report = status and status.kind == 'error' and vim.health.warn or vim.health.info
  report(require('fim_ls.status').describe())
  for _, other in ipairs(vim.lsp.get_clients({ method = require('fim_ls.candidate').METHOD })) do
    if other.id ~= client.id then
      vim.health.warn(('%s offers ghost text, too: only one can be seen at a time'):format(other.name))
    end
  end
end

function M.check()
  vim.health.start('fim_ls')
  check_editor()
  check_server()
  check_keys()
  check_client()
end

return M
