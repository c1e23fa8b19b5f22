import { eventually } from '@gantry/base/testing';
import type { Page } from 'playwright-core';

/**
 * Goes to the page of this title by `g` and its letter, and is there when the page is: the address changes before the page that is left has gone, and
 * keys would reach that one. The letter counts for a moment only, which may have passed where the page was held up between the two: then both are
 * pressed again.
 */
export async function pressToGo(page: Page, letter: string, title: string): Promise<void> {
  await eventually(async () => {
    await page.keyboard.press('g');
    await page.keyboard.press(letter);
    await page.getByRole('heading', { level: 1, name: title, exact: true }).waitFor({ timeout: 5000 });
  }, 30_000);
}
