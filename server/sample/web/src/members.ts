import { request } from "./request";

export interface Member {
  id: number;
  name: string;
  email: string;
  joinedOn: string;
}

export type NewMember = Omit<Member, "id">;

function fromMember(row: Record<string, unknown>): Member {
  return {
    id: row.id as number,
    name: row.name as string,
    email: row.email as string,
    joinedOn: row.joined_on as string,
  };
}

function toMember(member: NewMember): Record<string, unknown> {
  return {
    name: member.name,
    email: member.email,
    joined_on: member.joinedOn,
  };
}

export async function listMembers(limit = 100, offset = 0): Promise<Member[]> {
  const rows = await request("GET", `/members?limit=${limit}&offset=${offset}`);
  return rows.map(fromMember);
}

export async function getMember(id: number): Promise<Member> {
  const row = await request("GET", `/members/${id}`);
  return fromMember(row);
}

export async function addMember(member: NewMember): Promise<Member> {
  const row = await request("POST", "/members", toMember(member));
  return fromMember(row);
}

export async function removeMember(id: number): Promise<void> {
  await request("DELETE", `/members/${id}`);
}
