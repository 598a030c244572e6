--- What users call: the ghost text of `textDocument/inlineCompletion` (LSP 3.18), whichever Neovim draws it.
--- The drawing is in `shim.lua` (by the plugin) and `builtin.lua` (by Neovim 0.12 and newer, where it is asked to), what
--- they share in `candidate.lua`.
local M = {}

M.NAME = 'fim_ls'

---@class fim_ls.Backend
---@field attach fun(client: vim.lsp.Client, buffer: integer)
---@field detach fun() draws no more, in any buffer
---@field accept fun(part: fim_ls.Part): boolean
---@field select fun(count: integer): boolean
---@field dismiss fun(): boolean
---@field trigger fun(): boolean
---@field refresh fun(): boolean asks again, as if by typing
---@field visible fun(): boolean

local plugin_draws = true

--- Does the plugin draw? It does unless `setup` says otherwise.
---@return boolean
function M.plugin_draws()
  return plugin_draws
end

--- The module that draws.
---@return fim_ls.Backend
function M.backend()
  return require(plugin_draws and 'fim_ls.shim' or 'fim_ls.builtin')
end

--- The running client of this server, of a buffer or of any.
---@param buffer? integer 0 for the current one
---@return vim.lsp.Client?
function M.client(buffer)
  return vim.lsp.get_clients({ name = M.NAME, bufnr = buffer })[1]
end

--- Accept the ghost text, or its next word or line. It changes the text, so an `expr` map cannot call it: such a map
--- asks `visible` and returns `<Plug>(FimAccept)` or the key itself.
---@param part? fim_ls.Part default: 'all'
---@return boolean accepted false if there is none
function M.accept(part)
  return M.backend().accept(part or 'all')
end

--- Show the next candidate, where there are several (ask for them with `trigger`).
---@return boolean
function M.next()
  return M.backend().select(1)
end

--- Show the candidate before.
---@return boolean
function M.previous()
  return M.backend().select(-1)
end

--- Take the ghost text away; the next key may bring another.
---@return boolean dismissed false if there was none
function M.dismiss()
  local had = M.backend().dismiss()
  if had then
    require('fim_ls.refresh').note_dismissal()
  end
  return had
end

--- Ask now, also where typing would not (comments, `trigger.mode = 'explicit'`), and for several candidates.
---@return boolean asked
function M.trigger()
  return M.backend().trigger()
end

--- Is there ghost text at the cursor?
---@return boolean
function M.visible()
  return M.backend().visible()
end

--- Go to the edit that the server offers next; where the cursor is there already, apply it.
---@return boolean taken false if there is none
function M.take_next_edit()
  return require('fim_ls.next_edit').take()
end

--- Take the offered edit away; it is not offered again.
---@return boolean dismissed false if there was none
function M.dismiss_next_edit()
  return require('fim_ls.next_edit').dismiss()
end

--- Is there an edit that a key may take?
---@return boolean
function M.next_edit_visible()
  return require('fim_ls.next_edit').visible()
end

--- One word or two for a status line; empty while no server runs.
---@return string
function M.statusline()
  return require('fim_ls.status').statusline()
end

local started = false

---@param client vim.lsp.Client
---@param buffer integer
local function attach(client, buffer)
  require('fim_ls.documents').note_attached(buffer)
  M.backend().attach(client, buffer)
  vim.schedule(vim.cmd.redrawstatus)
end

--- Draw for the clients that are there already.
local function attach_all()
  for _, client in ipairs(vim.lsp.get_clients({ name = M.NAME })) do
    for buffer in pairs(client.attached_buffers) do
      attach(client, buffer)
    end
  end
end

--- Let somebody else draw from now on.
---@param who 'neovim'|'plugin'
local function draw_by(who)
  local before = M.backend()
  plugin_draws = who == 'plugin' or not vim.lsp.inline_completion
  if started and M.backend() ~= before then
    before.detach()
    attach_all()
  end
end

---@class fim_ls.Options
---@field default_maps? boolean map the keys that `:help fim_ls-maps` lists; default: false
---@field drawn_by? 'neovim'|'plugin' who draws on 0.12 and newer, see `:help fim_ls-drawn_by`; default: 'plugin'

--- Set what is not the server's: its settings go to `vim.lsp.config('fim_ls', { settings = { fim = … } })`.
---@param options? fim_ls.Options
function M.setup(options)
  if options and options.drawn_by then
    draw_by(options.drawn_by)
  end
  M.start()
  if options and options.default_maps then
    require('fim_ls.maps').map_defaults()
  end
end

--- Make the commands and maps, and draw for every client of ours. Done once, however often it is called.
function M.start()
  if started then
    return
  end
  started = true
  require('fim_ls.maps').define()
  require('fim_ls.commands').define()
  local group = vim.api.nvim_create_augroup('fim_ls', {})
  require('fim_ls.documents').watch(group)
  require('fim_ls.program').watch(group)
  require('fim_ls.next_edit').watch(group)
  vim.api.nvim_create_autocmd('LspAttach', {
    group = group,
    desc = 'Draw the ghost text of fim-language-server',
    callback = function(event)
      local client = vim.lsp.get_client_by_id(event.data.client_id)
      if client and client.name == M.NAME then
        attach(client, event.buf)
      end
    end,
  })
  attach_all() -- Who loads the plugin late may have the server running already.
end

return M
