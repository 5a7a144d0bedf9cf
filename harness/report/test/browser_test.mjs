// SPDX-License-Identifier: GPL-2.0-or-later
// Opens reports in a real browser: browser_test.mjs MODULES CHROMIUM FOLDER PAGE... Leaves screenshots in FOLDER.
// The oracle of accessibility is axe-core; the rest is what a reader does: look, tab, follow a link, print.
import { createRequire } from "node:module";
import { mkdirSync, readFileSync } from "node:fs";
import { basename, resolve } from "node:path";

const [modules, chromium, folder, ...pages] = process.argv.slice(2);
const require = createRequire(resolve(modules, "node_modules", "x"));
const puppeteer = require("puppeteer-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const problems = [];

function check(condition, what) {
    if (!condition) {
        problems.push(what);
    }
}

async function open(browser, file, { width, scheme, script = true }) {
    const page = await browser.newPage();
    page.on("dialog", (dialog) => {
        problems.push(`${file}: a dialog: ${dialog.message()}`);
        dialog.dismiss();
    });
    page.on("request", (request) => check(/^(file|data|about):/.test(request.url()), `${file}: asks for ${request.url()}`));
    await page.setViewport({ width, height: 900 });
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    await page.setJavaScriptEnabled(script);
    await page.setBypassCSP(true);
    await page.goto("file://" + resolve(file), { waitUntil: "load", timeout: 120_000 });
    return page;
}

async function isAccessible(page, name) {
    await page.evaluate(axe);
    const found = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
    for (const one of found.violations) {
        problems.push(`${name}: axe: ${one.id}: ${one.help}: ${one.nodes[0].html.slice(0, 200)} ${one.nodes[0].failureSummary}`);
    }
    check(found.passes.length > 10, `${name}: axe checked next to nothing`);
}

async function canBeReadByKeyboard(page, name) {
    await page.keyboard.press("Tab");
    check(await page.evaluate(() => document.activeElement.className === "skip"), `${name}: the first stop is not the skip link`);
    await page.keyboard.press("Enter");
    check((await page.url()).endsWith("#main"), `${name}: the skip link does not lead to the content`);
    const opened = await page.evaluate(() => {
        document.querySelector("summary").focus();
        return document.querySelector("details").open;
    });
    await page.keyboard.press("Enter");
    const after = await page.evaluate(() => document.querySelector("details").open);
    check(opened !== after, `${name}: a list does not unfold by keyboard`);
}

async function leadsToEvidence(page, name) {
    await page.focus(".map td a");
    await page.keyboard.press("Enter");
    const seen = await page.evaluate(() => {
        const target = document.querySelector(":target");
        const box = target?.getBoundingClientRect();
        return { id: target?.id, height: box?.height ?? 0, top: box?.top ?? -1, text: target?.innerText ?? "" };
    });
    check(/^e\d+$/.test(seen.id), `${name}: a verdict leads to '${seen.id}'`);
    check(seen.height > 50 && seen.top >= 0 && seen.top < 900, `${name}: the evidence is not shown: ${JSON.stringify(seen).slice(0, 200)}`);
    check(/because/.test(seen.text) && /wire/.test(seen.text), `${name}: the evidence says nothing`);
}

async function holdsNoForeignMarkup(page, name) {
    const found = await page.evaluate(() => ({
        scripts: document.querySelectorAll("script, iframe, object, img, link, base, form").length,
        handlers: [...document.querySelectorAll("*")].filter((one) => [...one.attributes].some((a) => a.name.startsWith("on"))).length,
        links: [...document.querySelectorAll("a")].filter((one) => !one.getAttribute("href").startsWith("#")).length,
        comments: document.createNodeIterator(document, NodeFilter.SHOW_COMMENT).nextNode() !== null,
    }));
    check(!found.scripts && !found.handlers && !found.links && !found.comments, `${name}: foreign mark-up: ${JSON.stringify(found)}`);
}

async function look(browser, file) {
    for (const [width, scheme] of [[1280, "light"], [1280, "dark"], [390, "light"]]) {
        const name = `${basename(file, ".html")}-${scheme}-${width}`;
        const page = await open(browser, file, { width, scheme });
        await page.screenshot({ path: resolve(folder, `${name}.png`) });
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        check(overflow <= 0, `${name}: the page is ${overflow} pixels too wide`);
        await holdsNoForeignMarkup(page, name);
        await canBeReadByKeyboard(page, name);
        await leadsToEvidence(page, name);
        await page.screenshot({ path: resolve(folder, `${name}-evidence.png`) });
        await isAccessible(page, name);
        await page.close();
    }
    const plain = await open(browser, file, { width: 1280, scheme: "light", script: false });
    await plain.click(".map td a");
    check((await plain.url()).includes("#e"), `${file}: without script a verdict leads nowhere`);
    const pdf = await plain.pdf({ path: resolve(folder, `${basename(file, ".html")}.pdf`), format: "A4" });
    check(pdf.length > 10_000, `${file}: it prints nothing`);
    await plain.close();
}

mkdirSync(folder, { recursive: true });
const browser = await puppeteer.launch({
    executablePath: chromium,
    timeout: 120_000,  // a cold start on a machine that is busy with other tests
    protocolTimeout: 600_000,
    args: ["--disable-gpu", ...(process.getuid() === 0 ? ["--no-sandbox"] : [])],
});
try {
    for (const file of pages) {
        await look(browser, file);
    }
} finally {
    await browser.close();
}
for (const problem of problems) {
    console.error("FAILED: " + problem);
}
process.exitCode = problems.length === 0 && pages.length > 0 ? 0 : 1;
