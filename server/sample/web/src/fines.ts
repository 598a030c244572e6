import { request } from "./request";

export interface Fine {
  id: number;
  loanId: number;
  amountCents: number;
  paidOn: string | null;
}

export type NewFine = Omit<Fine, "id">;

function fromFine(row: Record<string, unknown>): Fine {
  return {
    id: row.id as number,
    loanId: row.loan_id as number,
    amountCents: row.amount_cents as number,
    paidOn: row.paid_on as string | null,
  };
}

function toFine(fine: NewFine): Record<string, unknown> {
  return {
    loan_id: fine.loanId,
    amount_cents: fine.amountCents,
    paid_on: fine.paidOn,
  };
}

export async function listFines(limit = 100, offset = 0): Promise<Fine[]> {
  const rows = await request("GET", `/fines?limit=${limit}&offset=${offset}`);
  return rows.map(fromFine);
}

export async function getFine(id: number): Promise<Fine> {
  const row = await request("GET", `/fines/${id}`);
  return fromFine(row);
}

export async function addFine(fine: NewFine): Promise<Fine> {
  const row = await request("POST", "/fines", toFine(fine));
  return fromFine(row);
}

export async function removeFine(id: number): Promise<void> {
  await request("DELETE", `/fines/${id}`);
}
