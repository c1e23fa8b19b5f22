import { eventually } from '@gantry/base/testing';
import type { Page } from 'playwright-core';

/** Goes to a page by `g` and its letter. The letter counts for a moment only, which may have passed where the page was held up between the two: then both are pressed again. */
export async function pressToGo(page: Page, letter: string, place: RegExp): Promise<void> {
  await eventually(async () => {
    await page.keyboard.press('g');
    await page.keyboard.press(letter);
    await page.waitForURL(place, { timeout: 5000 });
  }, 30_000);
}
