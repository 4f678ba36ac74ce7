# The machine itself: SVM with nested paging, /dev/kvm, and what `broch platform` makes of it.
. /t/guest/lib.sh

kernel_is_well() { ! dmesg | grep -E 'Oops:|BUG:|soft lockup'; }
svm() { grep -qw svm /proc/cpuinfo; }
nested_paging() { grep -qx '[Y1]' /sys/module/kvm_amd/parameters/npt; }
opens() { exec 3<>/dev/kvm; }
json() { broch platform --json >/tmp/platform && grep -q '"name": "process"' /tmp/platform; }
probes_kvm() { grep -A2 '"name": "kvm"' /tmp/platform | grep -q '"usable": true'; }

check "the processor has SVM" svm
check "kvm-amd uses nested paging" nested_paging
check "/dev/kvm opens" opens
check "broch platform --json" json
if has_backend broch-shim; then
    check "the kvm backend is usable here" probes_kvm || cat /tmp/platform
else
    skip "the kvm backend is usable here" "this build has none"
fi
check "the kernel is well" kernel_is_well
