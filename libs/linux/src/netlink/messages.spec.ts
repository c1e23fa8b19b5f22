import {
  attribute,
  decodeAttributes,
  decodeMessages,
  encodeMessage,
  nest,
  numberAttribute,
  numberOf,
  textAttribute,
  textOf,
} from './messages.ts';

test('a message comes back as it was, with its attributes', () => {
  const payload = Buffer.concat([textAttribute(3, 'gantry0'), numberAttribute(4, 1450), nest(18, textAttribute(1, 'veth'))]);
  const datagram = Buffer.concat([
    encodeMessage({ type: 16, flags: 5, sequence: 7, payload }),
    encodeMessage({ type: 3, flags: 0, sequence: 7, payload: Buffer.alloc(4) }),
  ]);

  const [first, second] = decodeMessages(datagram);

  expect(second?.type).toBe(3);
  const attributes = decodeAttributes(first?.payload ?? Buffer.alloc(0));
  expect(textOf(attributes.get(3))).toBe('gantry0');
  expect(numberOf(attributes.get(4))).toBe(1450);
  expect(textOf(decodeAttributes(attributes.get(18) ?? Buffer.alloc(0)).get(1))).toBe('veth');
});

test('an attribute is what the kernel writes: length without padding, then the value padded to four bytes', () => {
  expect(attribute(1, Uint8Array.of(9))).toEqual(Buffer.from([5, 0, 1, 0, 9, 0, 0, 0]));
});

test('cut or senseless lengths end the reading', () => {
  const whole = encodeMessage({ type: 16, flags: 0, sequence: 1, payload: attribute(1, Buffer.alloc(40)) });

  expect(decodeMessages(whole.subarray(0, 30))).toEqual([]);
  expect(decodeMessages(Buffer.alloc(64))).toEqual([]);
  expect([...decodeAttributes(Buffer.from([2, 0, 1, 0, 0, 0, 0, 0]))]).toEqual([]);
});
