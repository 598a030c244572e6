-- Commands and maps are there before the server is enabled: `:checkhealth fim_ls` says how to.
require('fim_ls').start()
