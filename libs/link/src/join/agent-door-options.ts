import type { Failure } from '@gantry/base';
import type { Identity } from '../identity/identity.ts';
import type { ReportStore } from '../reports/report-receiver.ts';
import type { Samples } from '../reports/report.ts';
import type { Admission } from './admission.ts';
import type { AgentLink } from './agent-link.ts';
import type { Enrolled, HostFacts } from './messages.ts';

/** What the server knows of the keys of agents. */
export interface AgentKeys {
  find(
    agentId: string,
  ): Promise<{ readonly publicKey: string; readonly state: 'active' | 'pending' | 'quarantined' | 'revoked' } | undefined>;
  /** The same key came from two places: the agent is shut out until a person decides. */
  quarantine(agentId: string, reason: string): Promise<void>;
}

/** A host that asks to join; its public key is proven. */
export interface Enrolment {
  readonly joinCodeId: string;
  /** `hashSecret` of the secret that it brought. */
  readonly secretHash: string;
  readonly publicKey: string;
  readonly facts: HostFacts;
  readonly remoteAddress: string;
}

/** Join codes as the server stores them. */
export interface JoinCodes {
  /**
   * Burns one use of the code and stores the agent under a new random id, in one transaction. A code that is unknown, expired or used up,
   * or whose secret does not match, is `unauthenticated` with a message that says which and names the code's id. A second call with the
   * same public key and code answers with the agent of the first: its answer may have been lost on the way.
   */
  redeem(enrolment: Enrolment): Promise<Enrolled>;
}

export interface AgentDoorOptions {
  readonly identity: Identity;
  /** Grows with each start of the server: agents obey no lower one than they have seen. */
  readonly epoch: number;
  readonly agents: AgentKeys;
  readonly joinCodes: JoinCodes;
  readonly reports: ReportStore;
  /** The server's own certificate authority (PEM) where its certificate comes from it. */
  readonly ca?: string;
  readonly capabilities?: readonly string[];
  readonly admission?: Admission;
  /** How long a bulk connection stays open with nothing running on it; a minute. */
  readonly bulkIdleMs?: number;
  /** How long a command whose link was lost under it waits for the next one; a minute. */
  readonly commandPatienceMs?: number;
  /** A link has proven its key. It replaced an older one of the same agent, whose `closed` has already fired. */
  readonly onLink: (link: AgentLink) => void;
  /** Live numbers of an active link. */
  readonly onSamples?: (link: AgentLink, samples: Samples) => void;
  /** Late, live again, or offline (then the link is closed as well). */
  readonly onLiveness?: (link: AgentLink) => void;
  /** One line for the log: who was refused and why. */
  readonly onRefused?: (remoteAddress: string, failure: Failure) => void;
}

/** What a connection may ask of the door that it came in by. */
export interface VisitedDoor {
  readonly options: AgentDoorOptions;
  readonly admission: Admission;
  link(agentId: string): AgentLink | undefined;
  /** Puts a proven link in the place of the agent's older one; `forbidden` where the same key alternates between two places. */
  replace(link: AgentLink): Promise<void>;
}
