--- The server's program, where Neovim does not find it: Neovim itself says so in a log only.
local M = {}

--- The program that Neovim is to start and does not find.
---@return string? program nil if it is there, or a function starts the server
function M.missing()
  local config = vim.lsp.config[require('fim_ls').NAME]
  local command = config and config.cmd
  if type(command) == 'table' and vim.fn.executable(command[1]) == 0 then
    return command[1]
  end
end

local told = false

--- Say once that the program is missing, when a buffer is opened that it would complete.
---@param group integer of the autocommands
function M.watch(group)
  vim.api.nvim_create_autocmd('FileType', {
    group = group,
    desc = 'Say that the program fim-language-server is missing',
    callback = function(event)
      -- Neovim starts servers at the same event, for buffers that represent a file.
      if told or vim.bo[event.buf].buftype ~= '' or not vim.lsp.is_enabled(require('fim_ls').NAME) then
        return
      end
      local program = M.missing()
      if program then
        told = true
        require('fim_ls.message').tell(
          ('FIM: the program %s is not found; see :checkhealth fim_ls'):format(program),
          vim.log.levels.WARN
        )
      end
    end,
  })
end

return M
