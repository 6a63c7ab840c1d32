<#
.SYNOPSIS
Makes a Windows Server machine ready to be a worker node of a Kubernetes cluster. Doing it again changes nothing.

.DESCRIPTION
For Windows Server 2022 and 2025. Programs come from a folder: containerd-*-windows-amd64.tar.gz,
crictl-*-windows-amd64.tar.gz, kubeadm.exe, kubelet.exe, kubectl.exe, kube-proxy.exe, flanneld.exe (out of Flannel's
archive for Windows), cni-plugins-windows-amd64-*.tgz, cni-plugin-flannel-windows-amd64-*.tgz and SHA256SUMS, against
which each is checked. kube-proxy and Flannel run as HostProcess containers, which the cluster starts (network/). Then:

    kubeadm join --config worker-windows.yaml

.PARAMETER From
Folder with the programs.

.PARAMETER Images
Import the image archives of this folder (*.tar), and keep them from being collected.

.PARAMETER Check
Change nothing, tell what is missing, end with 1 if anything is.

.PARAMETER DryRun
Change nothing, tell what would be done.

.EXAMPLE
.\prepare.ps1 -From D:\programs -Images D:\images
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory = $true)][string]$From,
    [string]$Images = '',
    [switch]$Check,
    [switch]$DryRun
)

Set-StrictMode -Version 3.0
$ErrorActionPreference = 'Stop'

# Kubernetes 1.36 is tested with containerd 2.2 and 2.3; HostProcess containers need 1.6.
$ContainerdLeast = [version]'2.2'
$Containerd = Join-Path $env:ProgramFiles 'containerd'
$Kubernetes = 'C:\k'
$Kubelet = 'C:\var\lib\kubelet'
$Pipe = 'npipe:////./pipe/containerd-containerd'

$script:Missing = 0
$script:Changed = 0

# Tells whether something is so, and makes it so.
function Step {
    param([string]$What, [scriptblock]$Test, [scriptblock]$Apply)
    if (& $Test) {
        Write-Output "ok       $What"
        return
    }
    $script:Missing++
    if ($Check) {
        Write-Output "missing  $What"
    } elseif ($DryRun) {
        Write-Output "would do $What"
    } else {
        Write-Output "doing    $What"
        & $Apply
        $script:Changed++
        if (-not (& $Test)) { throw "failed: $What" }
    }
}

# The one file of a name in the folder of programs, if it is what its sum says.
function Get-Program {
    param([string]$Pattern)
    $found = @(Get-ChildItem -Path $From -Filter $Pattern -File)
    if ($found.Count -ne 1) { throw "$From holds $($found.Count) files $Pattern; one is needed" }
    $sum = (Get-FileHash -Algorithm SHA256 -Path $found[0].FullName).Hash.ToLowerInvariant()
    $lines = Get-Content -Path (Join-Path $From 'SHA256SUMS')
    $expected = @($lines | Where-Object { $_ -match "[ *](\./)?$([regex]::Escape($found[0].Name))$" })
    if ($expected.Count -ne 1 -or -not $expected[0].StartsWith($sum)) {
        throw "$($found[0].Name) does not match SHA256SUMS, or is not named there"
    }
    $found[0].FullName
}

function Invoke-Program {
    param([string]$Program, [string[]]$Arguments)
    & $Program @Arguments
    if ($LASTEXITCODE -ne 0) { throw "$Program $($Arguments -join ' ') ended with $LASTEXITCODE" }
}

function Test-Text {
    param([string]$Path, [string]$Text)
    (Test-Path $Path) -and ((Get-Content -Raw -Path $Path) -eq $Text)
}

function Set-Text {
    param([string]$Path, [string]$Text)
    New-Item -ItemType Directory -Force -Path (Split-Path $Path) | Out-Null
    [IO.File]::WriteAllText($Path, $Text)
}

function Test-OnPath {
    param([string]$Folder)
    ([Environment]::GetEnvironmentVariable('Path', 'Machine') -split ';') -contains $Folder
}

function Add-ToPath {
    param([string]$Folder)
    $path = [Environment]::GetEnvironmentVariable('Path', 'Machine').TrimEnd(';')
    [Environment]::SetEnvironmentVariable('Path', "$path;$Folder", 'Machine')
    $env:Path = "$env:Path;$Folder"
}

function Get-ContainerdVersion {
    $program = Join-Path $Containerd 'bin\containerd.exe'
    if (-not (Test-Path $program)) { return [version]'0.0' }
    if ((& $program --version) -match '(\d+\.\d+\.\d+)') { [version]$Matches[1] } else { [version]'0.0' }
}

# HostProcess containers, the programs of the network where Flannel puts them, nothing else of the default.
$Configuration = @'
version = 3

[plugins."io.containerd.cri.v1.runtime".cni]
  bin_dirs = ["C:\\opt\\cni\\bin"]
  conf_dir = "C:\\etc\\cni\\net.d"
'@

$Endpoint = "runtime-endpoint: $Pipe`nimage-endpoint: $Pipe`n"

# kubeadm writes the flags of the kubelet into a file that only a shell on Linux reads: they are given here.
$KubeletArguments = @(
    '--windows-service',
    '--config=C:\var\lib\kubelet\config.yaml',
    '--bootstrap-kubeconfig=C:\etc\kubernetes\bootstrap-kubelet.conf',
    '--kubeconfig=C:\etc\kubernetes\kubelet.conf',
    '--cert-dir=C:\var\lib\kubelet\pki',
    # As worker-windows.yaml says: only what asks for Windows is put here.
    '--register-with-taints=os=windows:NoSchedule'
)

$system = Get-CimInstance -ClassName Win32_OperatingSystem
if ([int]$system.BuildNumber -lt 20348) {
    throw "this is Windows build $($system.BuildNumber): Windows Server 2022 (20348) or 2025 (26100) is needed"
}
$principal = [Security.Principal.WindowsPrincipal][Security.Principal.WindowsIdentity]::GetCurrent()
if (-not ($Check -or $DryRun -or $principal.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator))) {
    throw 'this changes the system: run it as an administrator, or with -Check or -DryRun'
}

Step 'the feature Containers' {
    (Get-WindowsFeature -Name Containers).Installed
} {
    $result = Install-WindowsFeature -Name Containers
    if ($result.RestartNeeded -ne 'No') { throw 'restart this machine, then run this again' }
}

Step 'no paging to a file of the system''s choice' {
    # The kubelet counts with memory that is there.
    -not (Get-CimInstance -ClassName Win32_ComputerSystem).AutomaticManagedPagefile
} {
    Set-CimInstance -Query 'SELECT * FROM Win32_ComputerSystem' -Property @{ AutomaticManagedPagefile = $false }
}

Step "containerd $ContainerdLeast or newer" {
    (Get-ContainerdVersion) -ge $ContainerdLeast
} {
    $archive = Get-Program 'containerd-*-windows-amd64.tar.gz'
    if (Get-Service -Name containerd -ErrorAction SilentlyContinue) { Stop-Service -Name containerd -Force }
    New-Item -ItemType Directory -Force -Path $Containerd | Out-Null
    Invoke-Program 'tar.exe' @('-xzf', $archive, '-C', $Containerd)
}

Step 'containerd on the path' { Test-OnPath (Join-Path $Containerd 'bin') } { Add-ToPath (Join-Path $Containerd 'bin') }

Step 'the configuration of containerd' {
    Test-Text (Join-Path $Containerd 'config.toml') $Configuration
} {
    Set-Text (Join-Path $Containerd 'config.toml') $Configuration
    if (Get-Service -Name containerd -ErrorAction SilentlyContinue) { Restart-Service -Name containerd -Force }
}

Step 'containerd as a service' {
    $service = Get-Service -Name containerd -ErrorAction SilentlyContinue
    $null -ne $service -and $service.Status -eq 'Running'
} {
    if (-not (Get-Service -Name containerd -ErrorAction SilentlyContinue)) {
        Invoke-Program (Join-Path $Containerd 'bin\containerd.exe') @('--register-service')
    }
    Set-Service -Name containerd -StartupType Automatic
    Start-Service -Name containerd
}

Step 'kubeadm, kubelet, kubectl, crictl' {
    @('kubeadm', 'kubelet', 'kubectl', 'crictl' | Where-Object { -not (Test-Path (Join-Path $Kubernetes "$_.exe")) }).Count -eq 0
} {
    New-Item -ItemType Directory -Force -Path $Kubernetes | Out-Null
    foreach ($name in 'kubeadm.exe', 'kubelet.exe', 'kubectl.exe') {
        Copy-Item -Path (Get-Program $name) -Destination $Kubernetes -Force
    }
    Invoke-Program 'tar.exe' @('-xzf', (Get-Program 'crictl-*-windows-amd64.tar.gz'), '-C', $Kubernetes)
}

Step 'Kubernetes on the path' { Test-OnPath $Kubernetes } { Add-ToPath $Kubernetes }

Step 'crictl speaks to containerd' {
    Test-Text (Join-Path $env:USERPROFILE '.crictl\crictl.yaml') $Endpoint
} {
    Set-Text (Join-Path $env:USERPROFILE '.crictl\crictl.yaml') $Endpoint
}

Step 'folders of the kubelet and the network' {
    @('C:\var\log\kubelet', "$Kubelet\pki", 'C:\etc\kubernetes\manifests', 'C:\etc\cni\net.d', 'C:\opt\cni\bin' |
        Where-Object { -not (Test-Path $_) }).Count -eq 0
} {
    foreach ($folder in 'C:\var\log\kubelet', "$Kubelet\pki", 'C:\etc\kubernetes\manifests', 'C:\etc\cni\net.d', 'C:\opt\cni\bin') {
        New-Item -ItemType Directory -Force -Path $folder | Out-Null
    }
}

$Plugins = 'C:\opt\cni\bin'

Step 'kube-proxy, Flannel and the CNI programs, which HostProcess containers run' {
    @('kube-proxy', 'flanneld' | Where-Object { -not (Test-Path (Join-Path $Kubernetes "$_.exe")) }).Count -eq 0 -and
    @('flannel', 'host-local', 'win-overlay' | Where-Object { -not (Test-Path (Join-Path $Plugins "$_.exe")) }).Count -eq 0
} {
    foreach ($name in 'kube-proxy.exe', 'flanneld.exe') {
        Copy-Item -Path (Get-Program $name) -Destination $Kubernetes -Force
    }
    foreach ($archive in 'cni-plugins-windows-amd64-*.tgz', 'cni-plugin-flannel-windows-amd64-*.tgz') {
        Invoke-Program 'tar.exe' @('-xzf', (Get-Program $archive), '-C', $Plugins)
    }
    # It is called after its processor in its archive, and as its type in the configuration of CNI.
    Move-Item -Path (Join-Path $Plugins 'flannel-amd64.exe') -Destination (Join-Path $Plugins 'flannel.exe') -Force
}

$KubeletCommand = '"{0}" {1}' -f (Join-Path $Kubernetes 'kubelet.exe'), ($KubeletArguments -join ' ')

Step 'the kubelet as a service' {
    $service = Get-CimInstance -ClassName Win32_Service -Filter "Name='kubelet'"
    $null -ne $service -and $service.PathName -eq $KubeletCommand
} {
    # A service of an older version of this script has other arguments.
    if (Get-Service -Name kubelet -ErrorAction SilentlyContinue) {
        Stop-Service -Name kubelet -Force
        Invoke-Program 'sc.exe' @('delete', 'kubelet')
    }
    # It starts by kubeadm, and again after each restart of the machine.
    New-Service -Name kubelet -BinaryPathName $KubeletCommand -StartupType Automatic -DependsOn containerd | Out-Null
    Invoke-Program 'sc.exe' @('failure', 'kubelet', 'reset=', '0', 'actions=', 'restart/10000')
}

Step 'the firewall lets the kubelet (10250) and Flannel (4789) in' {
    $null -ne (Get-NetFirewallRule -Name 'opentwin-kubelet' -ErrorAction SilentlyContinue) -and
    $null -ne (Get-NetFirewallRule -Name 'opentwin-vxlan' -ErrorAction SilentlyContinue)
} {
    Remove-NetFirewallRule -Name 'opentwin-kubelet', 'opentwin-vxlan' -ErrorAction SilentlyContinue
    New-NetFirewallRule -Name 'opentwin-kubelet' -DisplayName 'Kubelet' -Direction Inbound -Protocol TCP -LocalPort 10250 -Action Allow | Out-Null
    New-NetFirewallRule -Name 'opentwin-vxlan' -DisplayName 'Flannel VXLAN' -Direction Inbound -Protocol UDP -LocalPort 4789 -Action Allow | Out-Null
}

# The name that containerd gives an image: Docker writes names without a registry.
function Get-Reference {
    param([string]$Name)
    $parts = @($Name -split '/', 2)
    if ($parts.Count -eq 1) { return "docker.io/library/$Name" }
    if ($parts[0] -eq 'localhost' -or $parts[0] -match '[.:]') { return $Name }
    "docker.io/$Name"
}

# Whether Kubernetes knows an image by that name and id, which is the digest of its configuration.
function Test-Image {
    param([string]$Reference, [string]$Id)
    $crictl = Join-Path $Kubernetes 'crictl.exe'
    if (-not (Test-Path $crictl)) { return $false }
    $told = & $crictl --image-endpoint $Pipe images --output json
    if ($LASTEXITCODE -ne 0) { return $false }
    $known = $told | Out-String | ConvertFrom-Json
    [bool]($known.images | Where-Object { $_.repoTags -contains $Reference -and $_.id -eq $Id })
}

if ($Images) {
    $ctr = Join-Path $Containerd 'bin\ctr.exe'
    foreach ($archive in Get-ChildItem -Path $Images -Filter '*.tar' -File) {
        $manifest = (& tar.exe -xOf $archive.FullName manifest.json) | Out-String | ConvertFrom-Json
        $manifest = @($manifest)
        $id = "sha256:$([regex]::Match($manifest[0].Config, '[0-9a-f]{64}').Value)"
        $reference = Get-Reference $manifest[0].RepoTags[0]
        # An image that was built anew under the same name is another one.
        $there = {
            (Test-Image $reference $id) -and
            [bool]((& $ctr --namespace k8s.io images ls "name==$reference") -match 'io.cri-containerd.pinned=pinned')
        }
        Step "image $reference" $there {
            Invoke-Program $ctr @('--namespace', 'k8s.io', 'images', 'import', $archive.FullName)
            # There is no registry to get it from again.
            Invoke-Program $ctr @('--namespace', 'k8s.io', 'images', 'label', $reference, 'io.cri-containerd.pinned=pinned')
            # What Kubernetes asks hears of it a moment later.
            for ($left = 50; $left -gt 0 -and -not (& $there); $left--) { Start-Sleep -Milliseconds 200 }
        }
    }
}

if ($Check) {
    if ($script:Missing -gt 0) {
        Write-Output "$($script:Missing) missing"
        exit 1
    }
} elseif ($DryRun) {
    Write-Output "$($script:Missing) to do"
} else {
    Write-Output "$($script:Changed) done"
}
