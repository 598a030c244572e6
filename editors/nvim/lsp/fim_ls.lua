-- What `vim.lsp.enable('fim_ls')` starts. Change any of it with `vim.lsp.config('fim_ls', { … })`.
require('fim_ls').start()

---@type vim.lsp.Config
return {
  cmd = { 'fim-language-server' },
  root_markers = { '.git' },
  settings = { fim = {} },
  capabilities = { experimental = { fim = { refresh = true } } },
  handlers = {
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
