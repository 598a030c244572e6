"""`python -m fim_language_server` is the command `fim-language-server`."""

from fim_language_server.cli import main

if __name__ == "__main__":
    main()
