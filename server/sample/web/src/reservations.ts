import { request } from "./request";

export interface Reservation {
  id: number;
  memberId: number;
  bookId: number;
  placedOn: string;
  expiresOn: string;
}

export type NewReservation = Omit<Reservation, "id">;

function fromReservation(row: Record<string, unknown>): Reservation {
  return {
    id: row.id as number,
    memberId: row.member_id as number,
    bookId: row.book_id as number,
    placedOn: row.placed_on as string,
    expiresOn: row.expires_on as string,
  };
}

function toReservation(reservation: NewReservation): Record<string, unknown> {
  return {
    member_id: reservation.memberId,
    book_id: reservation.bookId,
    placed_on: reservation.placedOn,
    expires_on: reservation.expiresOn,
  };
}

export async function listReservations(limit = 100, offset = 0): Promise<Reservation[]> {
  const rows = await request("GET", `/reservations?limit=${limit}&offset=${offset}`);
  return rows.map(fromReservation);
}

export async function getReservation(id: number): Promise<Reservation> {
  const row = await request("GET", `/reservations/${id}`);
  return fromReservation(row);
}

export async function addReservation(reservation: NewReservation): Promise<Reservation> {
  const row = await request("POST", "/reservations", toReservation(reservation));
  return fromReservation(row);
}

export async function removeReservation(id: number): Promise<void> {
  await request("DELETE", `/reservations/${id}`);
}
