import * as z from 'zod';
import { endpointSettings } from './container-create.ts';
import { flag, labels, struct, text } from './go-types.ts';

export const networkCreate = struct({
  Name: text,
  CheckDuplicate: flag,
  Driver: text,
  Scope: text,
  Internal: flag,
  Attachable: flag,
  Ingress: flag,
  ConfigOnly: flag,
  ConfigFrom: struct({ Network: text }),
  IPAM: struct({
    Driver: text,
    Options: labels,
    Config: z.array(struct({ Subnet: text, IPRange: text, Gateway: text, AuxiliaryAddresses: labels })),
  }),
  EnableIPv4: flag,
  EnableIPv6: flag,
  Options: labels,
  Labels: labels,
});

export const networkConnect = struct({ Container: text, EndpointConfig: endpointSettings });

export const networkDisconnect = struct({ Container: text, Force: flag });
