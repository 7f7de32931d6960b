/**
 * Proposals as journal text and back, exactly: token ids as numbers, log-probabilities as the base64 of their float32 bytes
 * (little-endian), because a resumed teacher update must see the same bytes. Pure.
 */
import type { Proposal, ProposalRecord } from '../method/index.js';

interface StoredProposal extends Omit<Proposal, 'tokens' | 'logprobs'> {
  readonly tokens: readonly number[];
  readonly logprobs: string;
}

export interface StoredProposals extends Omit<ProposalRecord, 'proposals'> {
  readonly proposals: readonly StoredProposal[];
}

export function encodeProposals(record: ProposalRecord): StoredProposals {
  return {
    ...record,
    proposals: record.proposals.map((proposal) => ({
      ...proposal,
      tokens: [...proposal.tokens],
      logprobs: Buffer.from(
        proposal.logprobs.buffer,
        proposal.logprobs.byteOffset,
        proposal.logprobs.byteLength,
      ).toString('base64'),
    })),
  };
}

export function decodeProposals(stored: StoredProposals): ProposalRecord {
  return {
    ...stored,
    proposals: stored.proposals.map((proposal) => {
      const bytes = new Uint8Array(Buffer.from(proposal.logprobs, 'base64'));
      return { ...proposal, tokens: Int32Array.from(proposal.tokens), logprobs: new Float32Array(bytes.buffer) };
    }),
  };
}
