import { readonly, shallowRef } from 'vue';

const everyMs = 10_000;
const time = shallowRef(Date.now());
setInterval(() => (time.value = Date.now()), everyMs);

/** The time of all ages on the page; moves every ten seconds, one timer for the whole app. */
export const now = readonly(time);
