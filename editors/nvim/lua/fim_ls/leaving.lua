--- The ways out of insert mode, or of the window in which one inserts. Ghost text goes with each of them.
local M = {}

--- Call a function whenever a buffer is left, or insert mode in it.
--- Ctrl-C ends insert mode without the event InsertLeave (`:help i_CTRL-C`); a click or a map with <Cmd> goes to another
--- window and stays in insert mode.
---@param group integer of the autocommands, cleared by the caller
---@param buffer integer
---@param leave fun()
function M.watch(group, buffer, leave)
  vim.api.nvim_create_autocmd({ 'InsertLeave', 'BufLeave', 'WinLeave', 'BufUnload', 'LspDetach' }, {
    group = group,
    buffer = buffer,
    callback = leave,
  })
  vim.api.nvim_create_autocmd('ModeChanged', {
    group = group,
    pattern = 'i*:[^i]*',
    callback = function(event)
      if event.buf == buffer then
        leave()
      end
    end,
  })
end

return M
