export class RequestError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

// The service answers with one record or a list of them.
export async function request(method: string, path: string, body?: unknown): Promise<any> {
  const response = await fetch(`/api${path}`, {
    method,
    headers: { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const answer = response.status === 204 ? undefined : await response.json();
  if (!response.ok) {
    throw new RequestError(response.status, answer.error);
  }
  return answer;
}
