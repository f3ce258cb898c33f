/* Keeps the figures of the home page fresh: fetches them as HTML and replaces only that part of the page. */
(function () {
    "use strict";

    const home = document.getElementById("console-home");
    if (!home) return;
    const figures = document.getElementById("console-figures");
    const stale = document.getElementById("console-stale");
    const pause = Number(home.dataset.seconds) * 1000;
    const patience = 15000; // an answer that takes longer is no answer

    function say(text) {
        stale.textContent = text;
        stale.hidden = !text;
    }

    /* Somebody who is selecting text or working with the keyboard inside the figures must not lose their place. */
    function isInUse() {
        const selection = window.getSelection();
        const isSelecting = selection && !selection.isCollapsed && figures.contains(selection.anchorNode);
        const isFocused = figures.contains(document.activeElement) && document.activeElement.matches(":focus-visible");
        return isSelecting || isFocused;
    }

    async function refresh() {
        if (document.hidden || isInUse()) return true;
        const response = await fetch(home.dataset.url, {
            credentials: "same-origin",
            headers: { "X-Requested-With": "fetch" },
            signal: AbortSignal.timeout(patience),
        });
        if (response.status === 403) {
            say("You have been signed out. Reload the page to sign in again; the figures below are old.");
            return false;
        }
        if (!response.ok) throw new Error(String(response.status));
        const html = await response.text();
        if (isInUse()) return true;
        figures.innerHTML = html;
        say("");
        return true;
    }

    async function turn() {
        let goOn = true;
        try {
            goOn = await refresh();
        } catch (error) {
            const taken = figures.querySelector("[data-taken]");
            say("The console does not answer. You see the figures of " + (taken ? taken.dataset.taken : "before") + ".");
        }
        if (goOn) window.setTimeout(turn, pause);
    }

    window.setTimeout(turn, pause);
    document.addEventListener("visibilitychange", function () {
        if (!document.hidden && stale.hidden) refresh().catch(function () { return true; });
    });
})();
