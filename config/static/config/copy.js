/* Copies the text of the element a button names. */
(function () {
    "use strict";
    document.querySelectorAll("[data-copy]").forEach(function (button) {
        button.addEventListener("click", async function () {
            const source = document.getElementById(button.dataset.copy);
            try {
                await navigator.clipboard.writeText(source.textContent);
                button.textContent = "Copied";
            } catch (error) {
                /* Browsers give the clipboard to https pages only: select it, so that one key copies it. */
                window.getSelection().selectAllChildren(source);
                button.textContent = "Selected: press Ctrl+C";
            }
        });
    });
})();
