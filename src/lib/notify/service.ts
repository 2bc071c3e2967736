import type { Reply } from '../http.ts';
import { type Json, JsonObject, parseJson } from '../json.ts';
import type { Alert } from './alert.ts';

/** A web service that takes notifications: what it wants to be sent, and how it answers. */
export interface Service {
  readonly name: string;
  /** The JSON body for an alert, within the service's limits and with nothing in it that rings. */
  readonly body: (alert: Alert, addressee: Addressee) => string;
  /** Whether the answer is the service's own word for success. */
  readonly accepted: (reply: Reply) => boolean;
  /**
   * Why not, in the service's words, where they stand in a known place: a page of somebody else's
   * on the way might repeat the URL.
   */
  readonly reason: (reply: Reply) => string | undefined;
}

/** Who is to get it, where that is not in the URL. */
export interface Addressee {
  /** A Telegram chat, or a channel of an old Slack webhook. */
  readonly chat?: string | undefined;
  /** The name that the sender goes by in an old Slack webhook. */
  readonly sender?: string | undefined;
}

/** The JSON object of an answer, if it is one. */
export function objectIn({ body }: Reply): JsonObject | undefined {
  let value: Json;
  try {
    value = parseJson(body);
  } catch {
    return undefined;
  }
  return value instanceof JsonObject ? value : undefined;
}

/** A short text at one of the paths of an answer. */
export function wordsIn(reply: Reply, ...paths: readonly string[]): string | undefined {
  const object = objectIn(reply);
  return paths.map((path) => object?.text(path)).find((words) => words !== undefined);
}
