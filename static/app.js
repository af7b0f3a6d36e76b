// Small behaviours of every page. Everything is delegated from the document, so swapped content needs no set-up.
(() => {
  "use strict";
  const $ = (id) => document.getElementById(id);
  const word = (name) => document.body.dataset[name] || "";

  // Said to a screen reader, after the picture that shows it. Cleared first, so that the same sentence twice is read twice.
  function say(text) {
    const live = $("live");
    setTimeout(() => { live.textContent = ""; }, 60);
    setTimeout(() => { live.textContent = text; }, 120);
  }

  function toast({ kind = "ok", msg, undo = false }) {
    const box = $("toasts"), line = document.createElement("div"), text = document.createElement("span");
    line.className = "toast " + kind;
    text.textContent = msg;
    line.append(text);
    if (undo) line.append(button(word("undo"), () => { line.remove(); document.dispatchEvent(new CustomEvent("undo")); }));
    else if (kind !== "ok") line.append(button(word("close"), () => line.remove()));
    for (const old of [...box.children]) if (old.firstChild.textContent === msg) old.remove();
    while (box.children.length > 2) box.firstChild.remove();
    box.append(line);
    lift(box);
    say(msg);
    setTimeout(() => line.remove(), kind === "ok" ? 5000 : 12000);
  }

  function button(label, act) {
    const b = document.createElement("button");
    b.type = "button";
    b.textContent = label;
    b.addEventListener("click", act);
    return b;
  }

  // A toast must stay above an open dialog: the top layer orders by time of showing.
  function lift(box) {
    if (!box.showPopover) return;
    if (box.matches(":popover-open")) box.hidePopover();
    box.showPopover();
  }

  const sheet = () => $("sheet");
  function openSheet() {
    if (sheet().open) return;
    sheet().showModal();
    sheet().querySelector("[autofocus], .sheethead h1, .sheethead h2")?.focus();
  }
  function closeSheet() {
    if (sheet()?.open) sheet().close();
  }

  async function copy(from) {
    const text = from.parentElement.querySelector("code").textContent;
    try {
      await navigator.clipboard.writeText(text);
      toast({ msg: word("copied") });
    } catch {
      getSelection().selectAllChildren(from.parentElement.querySelector("code"));
    }
  }

  function theme(name) {
    document.documentElement.classList.remove("light", "dark");
    if (name) document.documentElement.classList.add(name);
    const age = name ? 31536000 : 0;
    document.cookie = `theme=${name}; Path=/; Max-Age=${age}; SameSite=Lax` + (location.protocol === "https:" ? "; Secure" : "");
  }

  document.addEventListener("click", (e) => {
    const on = (sel) => e.target.closest(sel);
    const themed = on("[data-theme]");
    if (on("[data-copy]")) copy(on("[data-copy]"));
    else if (themed) theme(themed.dataset.theme);
    else if (on("[data-print]")) print();
    else if (on("[data-opens]")) $(on("[data-opens]").dataset.opens).showModal();
    else if (on("[data-close]")) on("dialog")?.close();
    else if (e.target.matches?.("dialog")) e.target.close(); // the backdrop
    for (const d of document.querySelectorAll("details.pick[open]")) if (!d.contains(e.target)) d.open = false;
  });

  document.addEventListener("keydown", (e) => {
    if (e.key !== "Escape") return;
    const open = document.querySelector("details.pick[open]");
    if (open) { open.open = false; open.firstElementChild.focus(); }
  });

  document.addEventListener("htmx:after:swap", () => { if ($("sheet-body")?.firstElementChild) openSheet(); });
  document.addEventListener("close", (e) => { if (e.target === sheet()) $("sheet-body").replaceChildren(); }, true);
  document.addEventListener("sheetclose", closeSheet);
  document.addEventListener("toast", (e) => toast(e.detail));
  document.addEventListener("htmx:error", (e) => {
    if (!e.detail.ctx?.request?.signal?.aborted) toast({ kind: "error", msg: word("lost") });
  });

  const line = () => { if ($("offline")) $("offline").hidden = navigator.onLine; };
  addEventListener("online", line);
  addEventListener("offline", line);
  line();

  // A choice that needs no button: the form goes as soon as it is made.
  document.addEventListener("change", (e) => { if (e.target.matches("[data-go]")) e.target.form.requestSubmit(); });

  // What was done is said once; a reload says it no more.
  const here = new URL(location.href);
  if (here.searchParams.has("done")) {
    here.searchParams.delete("done");
    history.replaceState(history.state, "", here);
  }

  // A page that comes back from the browser's memory may be stale, or somebody else's after a sign-out: it is asked for anew.
  addEventListener("pageshow", (e) => {
    if (!e.persisted) return;
    document.documentElement.hidden = true;
    location.reload();
  });

  document.documentElement.classList.add("js");
  window.wakakusa = { say, toast, closeSheet };
})();
