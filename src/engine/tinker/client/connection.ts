/** What sessions, models and samplers share: the caller, the limits, and the form that messages have. */
import * as zlib from 'node:zlib';
import type { z } from 'zod';
import {
  type PromisingCall,
  protobufType,
  type ResultOf,
  type TrainingRequest,
  trainingRequestToJson,
  trainingRequestToProtobuf,
} from '../wire/index.js';
import type { clientConfig } from '../wire/service.js';
import { awaitResult } from './await-result.js';
import type { BackPressure } from './back-pressure.js';
import type { Budget } from './budget.js';
import { type Caller, type Content, jsonContent } from './caller.js';

export type ServerConfig = z.output<typeof clientConfig>;

export interface Connection {
  readonly caller: Caller;
  readonly config: ServerConfig;
  readonly protobuf: boolean;
  readonly zstd: boolean;
  /** Bytes of training bodies that are being sent. */
  readonly trainingBytes: Budget;
  /** Bytes of sampling bodies that are being sent. */
  readonly samplingBytes: Budget;
  /** Sampling requests that are being sent. */
  readonly samplingSends: Budget;
  /** Sampling requests under way, from being sent to their result. */
  readonly samplingRequests: Budget;
  readonly responseBytes: Budget;
  readonly pressure: BackPressure;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called when the server has accepted the request, before its result is there. */
  readonly onAccepted?: (receipt: Receipt) => void;
}

export interface Receipt {
  /** The first sequence number; a request in parts takes one for each. */
  readonly sequence: number;
  /** For `TinkerClient.result`. */
  readonly requestIds: readonly string[];
}

export function resultOf<N extends PromisingCall>(
  connection: Connection,
  name: N,
  requestId: string,
  options: { signal?: AbortSignal | undefined; resubmit?: () => Promise<string>; subject?: string },
): Promise<ResultOf<N>> {
  const { caller, protobuf, responseBytes } = connection;
  return awaitResult(caller, name, requestId, { ...options, protobuf, responses: responseBytes });
}

/** zlib has zstd from Node 22.15 and 23.8 on. */
type Zstd = (data: Uint8Array, options: { pledgedSrcSize: number }) => Uint8Array;
const zstdCompress = (zlib as unknown as { zstdCompressSync?: Zstd }).zstdCompressSync;
export const zstdAvailable = zstdCompress !== undefined;

/** @throws SoarError TINKER_NOT_FINITE */
export function trainingContent({ protobuf, zstd }: Connection, request: TrainingRequest): Content {
  if (!protobuf) return jsonContent(trainingRequestToJson(request)) as Content;
  const bytes = trainingRequestToProtobuf(request);
  if (!zstd || !zstdCompress) return { type: protobufType, bytes };
  // The frame has to carry its content's size.
  return { type: protobufType, bytes: zstdCompress(bytes, { pledgedSrcSize: bytes.length }), encoding: 'zstd' };
}
