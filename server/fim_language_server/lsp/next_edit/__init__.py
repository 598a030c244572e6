"""Next edits on the wire: the request of Copilot's clients, the notification and commands of our own.

documents    the open documents as the engine's question sees them
answers      offered edits as JSON
next_editor  one client's next edits, from the editor's messages to the engine and back
"""
