-- What `vim.lsp.enable('fim_ls')` starts. Change any of it with `vim.lsp.config('fim_ls', { … })`.
require('fim_ls').start()

---@type vim.lsp.Config
return {
  cmd = { 'fim-language-server' },
  root_markers = { '.git' },
  settings = { fim = {} },
  capabilities = { experimental = { fim = { refresh = true, nextEdit = true } } },
  before_init = function(params)
    -- Neovim's own drawing loops for ever on a text that begins with a line end, and draws one that replaces closers
    -- over the text behind the cursor; the plugin's draws both.
    local draws = require('fim_ls').plugin_draws() or nil
    params.capabilities.experimental.fim.lineEnds, params.capabilities.experimental.fim.replace = draws, draws
  end,
  handlers = {
    ['window/showMessage'] = function(_, params)
      require('fim_ls.message').receive(params)
    end,
    ['fim/nextEdit'] = function(_, params, context)
      require('fim_ls.next_edit').receive(params, context.client_id)
    end,
    ['$/fim/refresh'] = function(_, params, context)
      require('fim_ls.refresh').receive(params, context.client_id)
    end,
    ['$/fim/status'] = function(_, params, context)
      require('fim_ls.status').receive(params, context.client_id)
    end,
  },
  on_exit = function(code, signal, client_id)
    require('fim_ls.restart').after_exit(code, signal, client_id)
  end,
}
