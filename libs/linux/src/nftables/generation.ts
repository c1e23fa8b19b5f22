import { Failure } from '@gantry/base';
import { decodeAttributes } from '../netlink/messages.ts';
import { NetlinkSocket } from '../netlink/netlink-socket.ts';

export interface GenerationOperations {
  /** The number of the state of all nftables rules: another one after each change, whoever made it. Undefined where the kernel does not tell. */
  rulesetGeneration(): number | undefined;
}

/** NFNL_SUBSYS_NFTABLES and its message. */
const getGeneration = (10 << 8) | 16;
/** NFTA_GEN_ID */
const generationId = 1;

export const generationOperations: GenerationOperations = {
  rulesetGeneration() {
    using socket = NetlinkSocket.open('netfilter');
    try {
      const answer = socket.get({ type: getGeneration, payload: Buffer.alloc(4), about: 'generation' });
      const id = answer && decodeAttributes(answer.payload.subarray(4)).get(generationId);
      return id?.readUInt32BE(0);
    } catch (thrown) {
      if (['unsupported', 'invalid'].includes(Failure.from(thrown).code)) return undefined;
      throw thrown;
    }
  },
};
