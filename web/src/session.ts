// SPDX-License-Identifier: Apache-2.0
//
// Who is logged in. The cookie is seen by the browser alone; what changes something carries the session's CSRF token,
// which is kept in memory and asked for again after a reload.

import { ApiError, Countersign, type Session as SessionFacts } from "@countersign/sdk";
import { createContext } from "preact";
import { useContext } from "preact/hooks";

export interface Session {
  readonly client: Countersign;
  readonly facts: SessionFacts;
  /** Whether the API key behind the session has the scope. */
  may(scope: SessionFacts["scopes"][number]): boolean;
}

/** Told when the service no longer knows the session. */
type Ended = () => void;

function sessionOf(facts: SessionFacts, ended: Ended): Session {
  const tell: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    if (response.status === 401) ended();
    return response;
  };
  const client = new Countersign({ baseUrl: location.origin, csrfToken: facts.csrfToken, fetch: tell });
  return { client, facts, may: (scope) => facts.scopes.includes(scope) };
}

const open = () => new Countersign({ baseUrl: location.origin });

/** The session of the cookie; undefined without one. */
export async function resume(ended: Ended): Promise<Session | undefined> {
  try {
    return sessionOf(await open().session.get(), ended);
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return undefined;
    throw error;
  }
}

export async function logIn(apiKey: string, ended: Ended): Promise<Session> {
  return sessionOf(await open().session.begin(apiKey), ended);
}

export async function logOut(session: Session): Promise<void> {
  await session.client.session.end();
}

export const SessionContext = createContext<Session | undefined>(undefined);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === undefined) throw new Error("a page outside of a session");
  return session;
}

export const useClient = (): Countersign => useSession().client;
