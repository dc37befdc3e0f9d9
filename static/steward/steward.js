/* Repairs of unfold for the keyboard and for screen readers. No eval, no inline handlers, nothing that changes state. */
(function () {
    "use strict";

    function reach(root) {
        root.querySelectorAll("[x-on\\:click]").forEach(function (element) {
            var native = element.matches("button, input, select, textarea, a[href]");
            if (native || element.hasAttribute("tabindex") || element.closest("[role=button]")) return;
            if (element.id === "changelist-filter-close") return;
            element.setAttribute("tabindex", "0");
            element.setAttribute("role", "button");
            if (!element.textContent.trim() || element.matches(".material-symbols-outlined")) {
                element.setAttribute("aria-label", element.getAttribute("title") || "Show or hide the menu");
            }
        });
    }

    document.addEventListener("DOMContentLoaded", function () {
        var main = document.getElementById("main");
        if (main) main.setAttribute("role", "main");
        reach(document);
    });
    document.addEventListener("htmx:load", function (event) { reach(event.target); });

    document.addEventListener("keydown", function (event) {
        var element = event.target;
        if ((event.key === "Enter" || event.key === " ") && element.getAttribute && element.getAttribute("role") === "button"
            && !element.matches("button, a[href]")) {
            event.preventDefault();
            element.click();
        }
    });

    /* "Select all on this page" of the dead letters: without it every box still works by itself. */
    document.addEventListener("change", function (event) {
        if (event.target.matches("[data-pick-all]")) {
            document.querySelectorAll("input.st-pick[name=pick]").forEach(function (box) { box.checked = event.target.checked; });
        }
    });
})();
