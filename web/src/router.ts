// SPDX-License-Identifier: Apache-2.0
//
// Places are behind the #, so that the gateway serves one page and knows nothing of them.

import { useEffect, useState } from "preact/hooks";

export interface Place {
  /** Decoded segments: `#/keys/key_1` is ["keys", "key_1"]. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
}

export function readPlace(hash: string): Place {
  const [path = "", query = ""] = hash.replace(/^#?\/?/, "").split("?", 2);
  try {
    return { path: path.split("/").filter((part) => part !== "").map(decodeURIComponent), query: new URLSearchParams(query) };
  } catch {
    return { path: ["?"], query: new URLSearchParams() };
  }
}

/** The address of a place: `href("keys", id)`. Ids are encoded; what is undefined in the query is left out. */
export function href(...parts: (string | Readonly<Record<string, string | undefined>>)[]): string {
  const path = parts.filter((part) => typeof part === "string").map(encodeURIComponent).join("/");
  const query = new URLSearchParams();
  for (const part of parts) if (typeof part !== "string")
    for (const [name, value] of Object.entries(part)) if (value !== undefined && value !== "") query.set(name, value);
  const text = query.toString();
  return `#/${path}${text === "" ? "" : `?${text}`}`;
}

export function go(...parts: Parameters<typeof href>): void {
  location.hash = href(...parts);
}

/** Goes on from here when something has been done, unless somebody has gone elsewhere meanwhile. */
export function goingOn(): (...parts: Parameters<typeof href>) => void {
  const here = location.hash;
  return (...parts) => { if (location.hash === here) go(...parts); };
}

export function usePlace(): Place {
  const [place, setPlace] = useState(() => readPlace(location.hash));
  useEffect(() => {
    const read = () => setPlace(readPlace(location.hash));
    addEventListener("hashchange", read);
    return () => removeEventListener("hashchange", read);
  }, []);
  return place;
}
