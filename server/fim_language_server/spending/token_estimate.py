"""Estimate of the tokens of a prompt before a provider has counted them. Pure."""

from __future__ import annotations

from attrs import define

from fim_language_server.core.values import Context

FIRST_BYTES_PER_TOKEN = 3.0
"""Source code has about 3.2 bytes a token with Mistral's tokenizer; less is the careful guess."""
PLAUSIBLE = (1.5, 6.0)
"""Bytes a token that may be learned; what lies outside is a provider that counts something else."""
LEARNING_RATE = 0.2


@define
class TokenEstimate:
    """Estimate of a text's tokens, from the provider's earlier counts."""

    bytes_per_token: float = FIRST_BYTES_PER_TOKEN

    def tokens(self, context: Context) -> float:
        """Return about how many tokens a prompt has."""
        return size_of(context) / self.bytes_per_token

    def learn(self, context: Context, prompt_tokens: float) -> None:
        """Take into account what a prompt was counted as."""
        if prompt_tokens <= 0:
            return
        measured = size_of(context) / prompt_tokens
        if PLAUSIBLE[0] <= measured <= PLAUSIBLE[1]:
            self.bytes_per_token += LEARNING_RATE * (measured - self.bytes_per_token)


def size_of(context: Context) -> int:
    """Return the bytes of all that a model is shown."""
    texts = [context.prefix, context.suffix, *(snippet.text for snippet in context.snippets)]
    return sum(len(text.encode("utf-8", "replace")) for text in texts)
