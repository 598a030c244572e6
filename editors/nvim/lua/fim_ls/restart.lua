--- Start the server again after a crash: once, and not silently.
local M = {}

-- In ms. A second crash sooner than this is no accident: then it stays down, and the user is told where to look.
local SOON = 60000

local restarted_at = nil ---@type integer?

---@param code integer
---@param signal integer
function M.after_exit(code, signal, _)
  if (code == 0 and signal == 0) or vim.v.exiting ~= vim.NIL then
    return
  end
  vim.schedule(function()
    local tell = require('fim_ls.message').tell
    local how = signal ~= 0 and ('signal %d'):format(signal) or ('status %d'):format(code)
    if restarted_at and vim.uv.now() - restarted_at < SOON then
      tell(('FIM: the server stopped again (%s) and stays down; see :FimLog'):format(how), vim.log.levels.ERROR)
      return
    end
    restarted_at = vim.uv.now()
    tell(('FIM: the server stopped (%s) and is started again'):format(how), vim.log.levels.WARN)
    vim.lsp.enable(require('fim_ls').NAME)
  end)
end

return M
