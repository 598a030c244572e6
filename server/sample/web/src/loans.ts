import { request } from "./request";

export interface Loan {
  id: number;
  memberId: number;
  bookId: number;
  dueOn: string;
  returnedOn: string | null;
}

export type NewLoan = Omit<Loan, "id">;

function fromLoan(row: Record<string, unknown>): Loan {
  return {
    id: row.id as number,
    memberId: row.member_id as number,
    bookId: row.book_id as number,
    dueOn: row.due_on as string,
    returnedOn: row.returned_on as string | null,
  };
}

function toLoan(loan: NewLoan): Record<string, unknown> {
  return {
    member_id: loan.memberId,
    book_id: loan.bookId,
    due_on: loan.dueOn,
    returned_on: loan.returnedOn,
  };
}

export async function listLoans(limit = 100, offset = 0): Promise<Loan[]> {
  const rows = await request("GET", `/loans?limit=${limit}&offset=${offset}`);
  return rows.map(fromLoan);
}

export async function getLoan(id: number): Promise<Loan> {
  const row = await request("GET", `/loans/${id}`);
  return fromLoan(row);
}

export async function addLoan(loan: NewLoan): Promise<Loan> {
  const row = await request("POST", "/loans", toLoan(loan));
  return fromLoan(row);
}

export async function removeLoan(id: number): Promise<void> {
  await request("DELETE", `/loans/${id}`);
}
