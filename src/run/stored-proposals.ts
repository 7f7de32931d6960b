/**
 * Proposals as journal text and back, exactly: token ids as numbers, log-probabilities as the base64 of their float32 bytes
 * (little-endian), because a resumed teacher update must see the same bytes. Pure.
 */
import type { Proposal, ProposalRecord, Turn } from '../method/index.js';

interface StoredTurn {
  readonly tokens: readonly number[];
  readonly logprobs: string;
}

interface StoredProposal extends Omit<Proposal, keyof Turn | 'answerTurn'>, StoredTurn {
  readonly answerTurn?: StoredTurn;
}

export interface StoredProposals extends Omit<ProposalRecord, 'proposals'> {
  readonly proposals: readonly StoredProposal[];
}

export function encodeProposals(record: ProposalRecord): StoredProposals {
  return {
    ...record,
    proposals: record.proposals.map(({ answerTurn, ...proposal }) => ({
      ...proposal,
      ...encodeTurn(proposal),
      ...(answerTurn && { answerTurn: encodeTurn(answerTurn) }),
    })),
  };
}

export function decodeProposals(stored: StoredProposals): ProposalRecord {
  return {
    ...stored,
    proposals: stored.proposals.map(({ answerTurn, ...proposal }) => ({
      ...proposal,
      ...decodeTurn(proposal),
      ...(answerTurn && { answerTurn: decodeTurn(answerTurn) }),
    })),
  };
}

const encodeTurn = ({ tokens, logprobs }: Turn): StoredTurn => ({
  tokens: [...tokens],
  logprobs: Buffer.from(logprobs.buffer, logprobs.byteOffset, logprobs.byteLength).toString('base64'),
});

const decodeTurn = ({ tokens, logprobs }: StoredTurn): Turn => ({
  tokens: Int32Array.from(tokens),
  logprobs: new Float32Array(new Uint8Array(Buffer.from(logprobs, 'base64')).buffer),
});
