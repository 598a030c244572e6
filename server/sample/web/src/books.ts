import { request } from "./request";

export interface Book {
  id: number;
  title: string;
  author: string;
  isbn: string;
  copies: number;
}

export type NewBook = Omit<Book, "id">;

function fromBook(row: Record<string, unknown>): Book {
  return {
    id: row.id as number,
    title: row.title as string,
    author: row.author as string,
    isbn: row.isbn as string,
    copies: row.copies as number,
  };
}

function toBook(book: NewBook): Record<string, unknown> {
  return {
    title: book.title,
    author: book.author,
    isbn: book.isbn,
    copies: book.copies,
  };
}

export async function listBooks(limit = 100, offset = 0): Promise<Book[]> {
  const rows = await request("GET", `/books?limit=${limit}&offset=${offset}`);
  return rows.map(fromBook);
}

export async function getBook(id: number): Promise<Book> {
  const row = await request("GET", `/books/${id}`);
  return fromBook(row);
}

export async function addBook(book: NewBook): Promise<Book> {
  const row = await request("POST", "/books", toBook(book));
  return fromBook(row);
}

export async function removeBook(id: number): Promise<void> {
  await request("DELETE", `/books/${id}`);
}
