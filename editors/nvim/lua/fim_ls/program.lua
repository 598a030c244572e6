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

--- Say once that the program is missing, for a buffer that its server would complete.
---@param buffer integer
local function check(buffer)
  -- Neovim starts servers at the event FileType, for buffers that represent a file.
  local is_file = vim.api.nvim_buf_is_valid(buffer) and vim.bo[buffer].buftype == '' and vim.bo[buffer].filetype ~= ''
  local program = not told and is_file and vim.lsp.is_enabled(require('fim_ls').NAME) and M.missing()
  if program then
    told = true
    local text = ('FIM: %s is not found; see :checkhealth fim_ls'):format(program)
    require('fim_ls.message').tell(text, vim.log.levels.WARN, 'checkhealth fim_ls')
  end
end

--- Watch for buffers whose server cannot be started; the current one may have been opened before.
---@param group integer of the autocommands
function M.watch(group)
  vim.api.nvim_create_autocmd('FileType', {
    group = group,
    desc = 'Say that the program fim-language-server is missing',
    callback = function(event)
      check(event.buf)
    end,
  })
  vim.schedule(function()
    check(vim.api.nvim_get_current_buf())
  end)
end

return M
