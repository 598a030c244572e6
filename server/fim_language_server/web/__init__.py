"""HTTP and WebSocket servers: Mistral's FIM API for the embedded model, the playground's page, LSP over WebSocket."""
