// Passkeys: a form with a question asks the browser when it is sent, and sends the answer along.
(() => {
  "use strict";
  if (!window.PublicKeyCredential) return;
  const bytes = (s) => Uint8Array.from(atob(s.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (b) => btoa(String.fromCharCode(...new Uint8Array(b))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const known = (list) => list?.map((k) => ({ ...k, id: bytes(k.id) }));

  async function ask(form) {
    const o = JSON.parse(form.dataset.passkey).publicKey;
    o.challenge = bytes(o.challenge);
    if ("new" in form.dataset) {
      o.user.id = bytes(o.user.id);
      o.excludeCredentials = known(o.excludeCredentials);
      return navigator.credentials.create({ publicKey: o });
    }
    o.allowCredentials = known(o.allowCredentials);
    return navigator.credentials.get({ publicKey: o });
  }

  function written(key) {
    const r = key.response, out = { clientDataJSON: text(r.clientDataJSON) };
    for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) if (r[name]) out[name] = text(r[name]);
    if (r.getTransports) out.transports = r.getTransports();
    return JSON.stringify({ id: key.id, rawId: text(key.rawId), type: key.type, response: out, clientExtensionResults: key.getClientExtensionResults() });
  }

  for (const form of document.querySelectorAll("[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", async (e) => {
      if (form.elements.credential.value) return;
      e.preventDefault();
      const fault = form.querySelector(".fault[role=alert]");
      fault.hidden = true;
      try {
        form.elements.credential.value = written(await ask(form));
        form.submit();
      } catch {
        fault.hidden = false;
      }
    });
  }
  for (const hint of document.querySelectorAll("[data-nopasskey]")) hint.hidden = true;
})();
