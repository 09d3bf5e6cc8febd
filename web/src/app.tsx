// SPDX-License-Identifier: Apache-2.0
//
// Login, frame, and which page is where. A page is loaded when somebody goes there.

import type { ComponentType } from "preact";
import { useCallback, useEffect, useState } from "preact/hooks";

import { Button } from "./parts/controls.js";
import { Page } from "./parts/layout.js";
import { Failure, Loading } from "./parts/states.js";
import { Chip } from "./parts/text.js";
import { Login } from "./pages/login.js";
import { href, type Place, usePlace } from "./router.js";
import { logOut, resume, type Session, SessionContext } from "./session.js";

export interface PageProps {
  readonly place: Place;
  /** The second segment of the path: an id, or "new". */
  readonly id: string | undefined;
}

type PageModule = { default: ComponentType<PageProps> };

/** By the first segment of the path; with an id, the page of one. */
const PAGES: Readonly<Record<string, { title: string; menu?: false; list: () => Promise<PageModule>; one?: () => Promise<PageModule>; create?: () => Promise<PageModule> }>> = {
  overview: { title: "Overview", list: () => import("./pages/overview.js") },
  keys: { title: "Vault", list: () => import("./pages/keys.js"), one: () => import("./pages/key.js"), create: () => import("./pages/key-create.js") },
  signatures: { title: "Signatures", list: () => import("./pages/signatures.js"), one: () => import("./pages/signature.js") },
  "attestation-policies": {
    title: "Attestation policies", list: () => import("./pages/attestation-policies.js"), one: () => import("./pages/attestation-policy.js"),
    create: () => import("./pages/attestation-policy-create.js"),
  },
  policies: { title: "Vault policies", list: () => import("./pages/vault-policies.js"), one: () => import("./pages/vault-policy.js"), create: () => import("./pages/vault-policy.js") },
  ledger: { title: "Ledger", list: () => import("./pages/ledger.js"), one: () => import("./pages/ledger-entry.js") },
  checkpoints: { title: "Checkpoints", menu: false, list: () => import("./pages/checkpoints.js") },
  hybrid: { title: "Hybrid attestations", list: () => import("./pages/hybrid.js"), one: () => import("./pages/hybrid-attestation.js") },
  settings: { title: "Settings", list: () => import("./pages/settings.js") },
  "api-keys": { title: "API keys", list: () => import("./pages/api-keys.js") },
};

function moduleOf(place: Place): (() => Promise<PageModule>) | undefined {
  const [first = "keys", second, third] = place.path;
  const row = Object.hasOwn(PAGES, first) ? PAGES[first] : undefined;
  if (row === undefined || third !== undefined) return undefined;
  if (second === undefined) return row.list;
  return second === "new" ? row.create : row.one;
}

function Nav({ place, session, left }: { place: Place; session: Session; left: () => void }) {
  const [open, setOpen] = useState(false);
  useEffect(() => setOpen(false), [place]);
  const first = place.path[0] ?? "keys";
  return (
    <header class="frame-head"><div class="frame-stick">
      <div class="brand-row">
        <a class="brand" href={href()}><img src={new URL("./icon.svg", import.meta.url).href} alt="" width="24" height="24" /> Countersign</a>
        <button type="button" class="menu" aria-expanded={open} aria-controls="nav" onClick={() => setOpen(!open)}>Menu</button>
      </div>
      <div id="nav" class={open ? "nav open" : "nav"}>
        <nav aria-label="Pages">
          <ul>
            {Object.entries(PAGES).filter(([, { menu }]) => menu !== false).map(([name, { title }]) => (
              <li key={name}><a href={href(name)} {...(name === (first === "checkpoints" ? "ledger" : first) ? { "aria-current": "page" as const } : {})}>{title}</a></li>
            ))}
          </ul>
        </nav>
        <div class="who">
          <p class="wrap"><strong>{session.facts.org}</strong> <Chip kind={session.facts.environment === "live" ? "accent" : "warn"}>{session.facts.environment}</Chip></p>
          <Button onClick={() => { void logOut(session).then(left, left); }}>Log out</Button>
        </div>
      </div>
    </div></header>
  );
}

function Current({ place }: { place: Place }) {
  const load = moduleOf(place);
  const [now, setNow] = useState<{ load: typeof load; page?: ComponentType<PageProps>; error?: unknown }>({ load: undefined });
  useEffect(() => {
    let late = false;
    load?.().then((module) => { if (!late) setNow({ load, page: module.default }); }, (error: unknown) => { if (!late) setNow({ load, error }); });
    return () => { late = true; };
  }, [load]);
  if (load === undefined) return <Page title="Nothing here"><p>There is no page of this address. <a href={href()}>To the first page</a></p></Page>;
  if (now.load !== load) return <Loading what="the page" />;
  if (now.page === undefined) return <Failure error={now.error} title="The page could not be loaded." retry={() => location.reload()} />;
  // Another place is another page: nothing that was typed is carried over.
  return <now.page key={place.path.join("/")} place={place} id={place.path[1]} />;
}

export function App() {
  const place = usePlace();
  const [session, setSession] = useState<Session | undefined>(undefined);
  const [state, setState] = useState<"resuming" | "out" | "ended" | "in" | "failed">("resuming");
  const [error, setError] = useState<unknown>(undefined);
  const ended = useCallback(() => { setSession(undefined); setState("ended"); }, []);
  useEffect(() => {
    resume(ended).then(
      (found) => { setSession(found); setState(found === undefined ? "out" : "in"); },
      (failed: unknown) => { setError(failed); setState("failed"); },
    );
  }, []);
  if (state === "resuming") return <main class="alone"><Loading what="Countersign" /></main>;
  if (state === "failed") return <main class="alone"><Failure error={error} title="The service does not answer." retry={() => location.reload()} /></main>;
  if (session === undefined) return <Login ended={state === "ended"} onSession={(fresh) => { setSession(fresh); setState("in"); }} onEnded={ended} />;
  return (
    <SessionContext.Provider value={session}>
      <a class="skip" href="#main" onClick={(event) => { event.preventDefault(); document.getElementById("main")?.focus(); }}>To the content</a>
      <div class="frame">
        <Nav place={place} session={session} left={() => { setSession(undefined); setState("out"); }} />
        <main id="main" tabIndex={-1}><Current place={place} /></main>
      </div>
    </SessionContext.Provider>
  );
}
